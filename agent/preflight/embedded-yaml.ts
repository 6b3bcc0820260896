import type { FieldPath, ManifestProblem, YamlValue } from '../model.ts';
import { nearest } from '../parse/nearest.ts';
import type { DocumentObject } from './manifest-object.ts';
import { problemAt, Walk, type SchemaProblem } from './schema-walk.ts';
import { isMap } from './values.ts';
import { SERVE_TYPES } from './serve-types.ts';

/** Texts of KubeRay's kinds that are YAML themselves: to the API server any text will do. */
const TEXTS: Readonly<Record<string, readonly FieldPath[]>> = {
  RayService: [['spec', 'serveConfigV2']],
  RayJob: [['spec', 'runtimeEnvYAML']],
  RayCronJob: [['spec', 'jobTemplate', 'runtimeEnvYAML']],
};
/** What envsubst or Helm will replace. */
const PLACEHOLDER = /\$\{?[A-Za-z_]|\{\{/;

/** What is wrong inside of such texts; without this their settings would be missing, and nothing would be said. */
export function embeddedProblems(object: DocumentObject): readonly ManifestProblem[] {
  const paths = object.apiVersion.startsWith('ray.io/') ? (TEXTS[object.kind] ?? []) : [];
  return paths.flatMap((path) => {
    if (typeof object.get(path) !== 'string') return [];
    const fault = object.branchFault(path);
    if (fault && PLACEHOLDER.test(fault.excerpt)) return [{ ...problemAt(object, { ...at(path), message: `${last(path)} holds something that is not filled in yet, and is no YAML before that; audit what is applied` }), kind: 'hidden' as const }];
    if (fault) return [broken(object, path, fault)];
    return path.at(-1) === 'serveConfigV2' ? serveProblems(object.branch(path)?.value, path).map((problem) => problemAt(object, problem)) : [];
  });
}

function broken(object: DocumentObject, path: FieldPath, { message, position, excerpt }: NonNullable<ReturnType<DocumentObject['branchFault']>>): ManifestProblem {
  const effect = last(path) === 'serveConfigV2' ? 'KubeRay cannot hand it to Ray Serve, and nothing is served' : 'the job cannot start';
  const problem = problemAt(object, { ...at(path), message: `${last(path)} is not YAML: ${message}; the API server takes it as any text, ${effect}` });
  return { ...problem, excerpt, place: { ...problem.place, line: position.line, column: 1 } };
}

/** By Ray Serve's own schema. It drops fields that it does not know without a word. */
function serveProblems(value: YamlValue | undefined, path: FieldPath): readonly SchemaProblem[] {
  if (value === undefined) return [];
  if (value === null) return [{ ...at(path), message: `${last(path)} is empty: there is no application to serve`, found: 'nothing', expected: 'applications: with a list' }];
  const walk = new Walk(SERVE_TYPES);
  walk.value(value, 'ServeConfig', path);
  return [...walk.problems, ...applicationsOf(value).flatMap((application, index) => deploymentProblems(application, [...path, 'applications', index]))];
}

/** Options of deployments come and go with versions of Ray: only what is a letter or two from one of them is told. */
function deploymentProblems(application: YamlValue, path: FieldPath): readonly SchemaProblem[] {
  if (!isMap(application) || !Array.isArray(application['deployments'])) return [];
  const known = Object.keys(SERVE_TYPES['ServeDeployment'] ?? {});
  return (application['deployments'] as readonly YamlValue[]).flatMap((deployment, index) =>
    Object.keys(isMap(deployment) ? deployment : {}).flatMap((name) => {
      const guess = known.includes(name) ? undefined : nearest(name, known);
      if (guess === undefined || Math.abs(guess.length - name.length) > 2) return [];
      const field = [...path, 'deployments', index, name];
      return [{ path: field, message: `a deployment of Ray Serve has no option ${name}; did you mean ${guess}?`, found: name, expected: guess, snippet: `${guess}:` }];
    }),
  );
}

function applicationsOf(value: YamlValue): readonly YamlValue[] {
  return isMap(value) && Array.isArray(value['applications']) ? (value['applications'] as readonly YamlValue[]) : [];
}

function at(path: FieldPath): Pick<SchemaProblem, 'path' | 'found' | 'expected' | 'snippet'> {
  return { path, found: 'a text that is not YAML', expected: 'YAML', snippet: undefined };
}

function last(path: FieldPath): string {
  return String(path.at(-1));
}
