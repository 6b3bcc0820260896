import type { FieldPath, ManifestObject, ManifestProblem, YamlMap } from '../model.ts';
import { embeddedProblems } from './embedded-yaml.ts';
import { findTemplates } from './find-templates.ts';
import type { DocumentObject } from './manifest-object.ts';
import { podProblems, selectorProblems } from './pod-problems.ts';
import { currentKind, versionProblem } from './removed-versions.ts';
import type { Validate } from './read-manifests.ts';
import { MOST_PROBLEMS, problemAt, Walk, type SchemaProblem } from './schema-walk.ts';
import { TRAINER_TYPES } from './trainer-types.ts';
import type { Schemas } from './schema-types.ts';
import { isMap, mapsAt } from './values.ts';

/** Judges the objects of files; `validator(schemas)` is what readManifests takes. */
export function validator(schemas: Schemas): Validate {
  const judge = (object: DocumentObject): readonly ManifestProblem[] => {
    const version = versionProblem(schemas, object.value);
    const own = [...(version ? [version] : []), ...schemaProblems(schemas, object.value), ...templateProblems(schemas, object), ...selectorProblems(object)];
    return [...own.slice(0, MOST_PROBLEMS).map((problem) => problemAt(object, problem)), ...embeddedProblems(object)];
  };
  // A version that Kubernetes has removed is a fault, and no more to say of it.
  return Object.assign(judge, { knows: ({ value }: DocumentObject) => schemas.kinds[currentKind(value)] !== undefined || versionProblem(schemas, value) !== undefined });
}

/** What the API server would refuse or drop of an object, by its kind's schema; nothing of a kind without one. */
export function schemaProblems(schemas: Schemas, object: YamlMap): readonly SchemaProblem[] {
  const type = schemas.kinds[currentKind(object)];
  return type === undefined ? [] : walked(schemas, object, type, []);
}

/** Pod templates: what no schema says of them, and of kinds without a schema here the template by Kubernetes' own. */
function templateProblems(schemas: Schemas, object: ManifestObject): readonly SchemaProblem[] {
  const isKnown = schemas.kinds[currentKind(object.value)] !== undefined;
  const templates = findTemplates(object).filter(({ isBare }) => !isBare);
  return [
    ...(isKnown ? [] : [...jobTemplates(object).flatMap((path) => at(schemas, object, 'JobTemplateSpec', path)), ...trainer(schemas, object)]),
    ...templates.flatMap((found) => [...(isKnown || isInJob(object, found.path) ? [] : at(schemas, object, 'PodTemplateSpec', found.path)), ...podProblems(object, found)]),
  ];
}

/** A JobSet's `replicatedJobs` hold whole Jobs. */
function jobTemplates(object: ManifestObject): readonly FieldPath[] {
  const spec = object.get(['spec']);
  if (!isJobSet(object) || !isMap(spec)) return [];
  return mapsAt(spec, 'replicatedJobs').map(([index]) => ['spec', 'replicatedJobs', index, 'template']);
}

function isJobSet({ apiVersion, kind }: ManifestObject): boolean {
  return kind === 'JobSet' && apiVersion.startsWith('jobset.x-k8s.io/');
}

function isInJob(object: ManifestObject, path: FieldPath): boolean {
  return isJobSet(object) && path[0] === 'spec' && path[1] === 'replicatedJobs';
}

function trainer(schemas: Schemas, object: ManifestObject): readonly SchemaProblem[] {
  if (object.kind !== 'TrainJob' || !object.apiVersion.startsWith('trainer.kubeflow.org/')) return [];
  return at({ ...schemas, types: { ...schemas.types, ...TRAINER_TYPES } }, object, 'Trainer', ['spec', 'trainer']);
}

function at(schemas: Schemas, object: ManifestObject, type: string, path: FieldPath): readonly SchemaProblem[] {
  const value = object.get(path);
  if (!isMap(value)) return [];
  // Some operators take a whole Pod for a template.
  const { apiVersion: _version, kind: _kind, ...template } = value;
  return walked(schemas, template, type, path);
}

function walked(schemas: Schemas, value: YamlMap, type: string, path: FieldPath): readonly SchemaProblem[] {
  const walk = new Walk(schemas.types);
  walk.value(value, type, path);
  return walk.problems.slice(0, MOST_PROBLEMS);
}
