import { createHash } from 'node:crypto';
import type { FieldType, TypeFields } from '../../agent/preflight/schema-types.ts';

/** OpenAPI as a CustomResourceDefinition holds it. */
export interface OpenApi {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, OpenApi>>;
  readonly items?: OpenApi;
  readonly additionalProperties?: OpenApi | boolean;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** Types of Kubernetes that controller-gen has written out in full, known by fields that nothing else has together. */
const INLINED: readonly (readonly [string, readonly string[]])[] = [
  ['PodSpec', ['containers', 'initContainers', 'nodeSelector', 'tolerations']],
  ['Container', ['image', 'livenessProbe', 'volumeMounts', 'resources']],
  ['ServiceSpec', ['clusterIP', 'externalTrafficPolicy']],
  ['EnvVar', ['name', 'value', 'valueFrom']],
  ['EnvFromSource', ['configMapRef', 'secretRef', 'prefix']],
  ['VolumeMount', ['mountPath', 'subPathExpr', 'mountPropagation']],
  ['SecurityContext', ['capabilities', 'privileged', 'seccompProfile']],
  ['PersistentVolumeClaimSpec', ['accessModes', 'storageClassName', 'volumeMode']],
];

/** What KubeRay itself refuses below 0: ray-operator/controllers/ray/utils/validation.go. */
const COUNTS = new Set(['replicas', 'minReplicas', 'maxReplicas', 'numOfHosts']);

/** The types of a custom resource's schema; equal ones have one name, after the field that holds the first of them. */
export class CrdTypes {
  readonly types: Record<string, TypeFields> = {};
  readonly #names = new Map<string, string>();
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(schema: OpenApi, name: string): FieldType {
    // controller-gen writes a pattern to quantities, and none to ports and percentages.
    if (schema['x-kubernetes-int-or-string']) return schema.pattern === undefined ? 'q' : 'Q';
    if (schema.type === 'integer') return schema.minimum === undefined ? (COUNTS.has(name) ? 'i0..' : 'i') : `i${schema.minimum}..`;
    if (schema.enum && schema.enum.every((value) => typeof value === 'string')) return schema.enum.join('|');
    if (schema.type === 'array') return `[${schema.items ? this.add(schema.items, name) : '*'}]`;
    if (schema.properties) return this.#object(schema, schema.properties, name);
    if (schema.additionalProperties) return `{${schema.additionalProperties === true ? '*' : this.add(schema.additionalProperties, name)}}`;
    const types: Readonly<Record<string, FieldType>> = { string: 's', integer: 'i', number: 'n', boolean: 'b' };
    return types[schema.type ?? ''] ?? '*';
  }

  #object(schema: OpenApi, properties: Readonly<Record<string, OpenApi>>, name: string): FieldType {
    const inlined = INLINED.find(([, fields]) => fields.every((field) => field in properties));
    if (inlined) return inlined[0];
    if (schema['x-kubernetes-preserve-unknown-fields']) return '*';
    const fields = Object.fromEntries(
      Object.entries(properties)
        .filter(([field]) => field !== 'status')
        .map(([field, property]) => [field, this.#field(field, property, schema)]),
    );
    const key = createHash('sha256').update(JSON.stringify(fields)).digest('hex');
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const base = `${this.#prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    let unique = base;
    for (let count = 2; this.types[unique]; count += 1) unique = `${base}${count}`;
    this.types[unique] = fields;
    this.#names.set(key, unique);
    return unique;
  }

  #field(field: string, property: OpenApi, owner: OpenApi): FieldType {
    const type = field === 'metadata' && !property.properties ? 'ObjectMeta' : this.add(property, field);
    // The API server fills in what has a default before it asks whether it is there.
    return `${type}${owner.required?.includes(field) && property.default === undefined ? '!' : ''}`;
  }
}
