/**
 * Writes agent/preflight/schemas.json: `node test/schema-builder/main.ts CRD-DIRECTORY "KubeRay VERSION, commit …"`. The directory
 * holds KubeRay's ray-operator/config/crd/bases; the core kinds come from the Kubernetes client that package.json pins.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Schemas } from '../../agent/preflight/schema-types.ts';
import { coreTypes } from './core.ts';
import { CrdTypes, type OpenApi } from './crd.ts';
import { KINDS } from './kinds.ts';

interface Crd {
  readonly spec: { readonly group: string; readonly names: { readonly kind: string }; readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: OpenApi } }[] };
}

const [directory, kuberay] = process.argv.slice(2);
if (directory === undefined || kuberay === undefined) throw new Error('expected: node test/schema-builder/main.ts CRD-DIRECTORY "KubeRay VERSION, commit …"');

const kinds: Record<string, string> = { ...KINDS };
const ray = new CrdTypes('ray.');
for (const file of globSync(join(directory, '*.yaml')).toSorted()) {
  const { spec } = parse(readFileSync(file, 'utf8')) as Crd;
  for (const { name, schema } of spec.versions) {
    // v1alpha1 has the fields of v1, or fewer: it is judged by that.
    if (name !== 'v1alpha1') kinds[`${spec.group}/${name} ${spec.names.kind}`] = ray.add(schema.openAPIV3Schema, spec.names.kind);
  }
}
const core = coreTypes([...Object.values(KINDS), 'PodSpec', 'ServiceSpec', 'PersistentVolumeClaimSpec']);
const schemas: Schemas = {
  sources: [
    'Kubernetes 1.36: models of @kubernetes/client-node, Apache-2.0, https://github.com/kubernetes-client/javascript',
    `${kuberay}: custom resource definitions, Apache-2.0, https://github.com/ray-project/kuberay`,
  ],
  kinds,
  types: { ...core, ...ray.types },
};
writeFileSync(join(import.meta.dirname, '../../agent/preflight/schemas.json'), `${JSON.stringify(schemas)}\n`);
