import { describe, expect, test } from 'vitest';
import { readDocuments, splitDocuments } from '../../agent/preflight/documents.ts';

const read = (text: string, file = 'a.yaml', isNamed = true) => readDocuments([{ file, text, why: undefined, isNamed }]);
const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;

test('documents are split at their markers, and know their line', () => {
  expect(splitDocuments('# a\n---\nb: 1\n--- # x\nc: |\n  --- no\n...\n---\n').map(({ text, firstLine }) => [text.trim(), firstLine])).toEqual([
    ['---\nb: 1', 2],
    ['--- # x\nc: |\n  --- no\n...', 4],
  ]);
  expect(splitDocuments('a: 1\r\n---\r\nb: 2\r\n')).toHaveLength(2);
});

describe('objects', () => {
  test('of Lists, with their own place', () => {
    const { objects } = read(`apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }\n  - { apiVersion: v1, kind: ConfigMap, metadata: { name: b, namespace: ml } }\n`);
    expect(objects.map((object) => [object.id, object.at(['metadata', 'name'])])).toEqual([
      ['ConfigMap/default/a', { line: 4, column: 52 }],
      ['ConfigMap/ml/b', { line: 5, column: 52 }],
    ]);
  });

  test('of JSON', () => {
    expect(read('{\n\t"apiVersion": "v1",\n\t"kind": "ConfigMap", "metadata": {"name": "a"}\n}').objects.map(({ id }) => id)).toEqual(['ConfigMap/default/a']);
  });

  test('that share an id are told apart by their file, and within one by their line', () => {
    const twice = readDocuments([
      { file: 'a.yaml', text: `${configMap('x')}---\n${configMap('x')}`, why: undefined, isNamed: true },
      { file: 'b.yaml', text: configMap('x'), why: undefined, isNamed: true },
    ]);
    expect(twice.objects.map(({ label }) => label)).toEqual(['ConfigMap/default/x (a.yaml:1)', 'ConfigMap/default/x (a.yaml:5)', 'ConfigMap/default/x (b.yaml)']);
  });
});

describe('left aside, with the reason', () => {
  test('custom resource definitions without parsing them, kustomizations, and what is no object', () => {
    const { skipped, problems } = read(`apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: [\n---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n---\nname: values\n---\n- a\n`);
    expect(problems).toEqual([]);
    expect(skipped.map(({ line, what, why }) => `${line} ${what}: ${why}`)).toEqual([
      '1 CustomResourceDefinition: it defines a kind and runs nothing',
      '4 Kustomization: kustomize reads it; audit what it makes: kubectl kustomize DIR | railmedic preflight -',
      '7 document: it has neither apiVersion nor kind',
      '9 list: it is no Kubernetes object',
    ]);
  });

  test('files of a directory that are no manifests, even if they are no YAML', () => {
    expect(read('{ // comment\n}', 'tsconfig.json', false)).toMatchObject({ problems: [], skipped: [{ file: 'tsconfig.json', why: 'it has neither apiVersion nor kind' }] });
    expect(readDocuments([{ file: 'a.yaml', text: undefined, why: 'it is not a text file', isNamed: false }])).toMatchObject({ problems: [], skipped: [{ what: 'file' }] });
  });
});

test('a document that is too long is not read', () => {
  const { problems } = read(`${configMap('a')}data:\n  a: ${'x'.repeat(5 * 2 ** 20)}\n`);
  expect(problems).toMatchObject([{ kind: 'hidden', message: 'this document is 5.0 MiB long and was not read: etcd takes no object above 1.5 MiB; split a List into documents' }]);
});

test('a kind without apiVersion', () => {
  expect(read('kind: Pod\nmetadata: { name: a }\n').problems).toMatchObject([{ kind: 'schema', message: 'a "Pod" without apiVersion: kubectl will not know what it is' }]);
});

describe('what is no object yet', () => {
  const read = (texts: Readonly<Record<string, string>>): ReturnType<typeof readDocuments> => readDocuments(Object.entries(texts).map(([file, text]) => ({ file, text, why: undefined, isNamed: false })));

  test('a template of another tool than Helm, whether its text is YAML or not', () => {
    const unfilled = 'a template that was not filled in ({{ … }}) cannot be judged; audit what it makes';
    expect(read({ 'perf.yaml': 'apiVersion: ray.io/v1\nkind: RayCluster\nmetadata:\n  name: {{.Name}}\n' }).problems).toEqual([{ kind: 'hidden', place: { file: 'perf.yaml', line: 4 }, message: unfilled }]);
    expect(read({ 'plugin.yaml': 'apiVersion: v1\nkind: Pod\nspec:\n  x: 1\n  {{addURIAndSha "https://x" .Tag }}\n' }).problems).toMatchObject([{ kind: 'hidden', message: unfilled }]);
    expect(read({ 'rules.yaml': "apiVersion: v1\nkind: ConfigMap\ndata:\n  text: |\n    x: {{.Name}}\n  other: '{{ $value }}'\n" }).problems).toEqual([]);
  });

  test('a patch that says so itself, whoever lays it over what', () => {
    const { objects, problems, skipped } = read({ 'namespace.yaml': `${configMap('a')}---\n$patch: delete\napiVersion: v1\nkind: Namespace\nmetadata: { name: system }\n` });
    expect(objects.map(({ id }) => id)).toEqual(['ConfigMap/default/a']);
    expect(problems).toEqual([]);
    expect(skipped).toMatchObject([{ file: 'namespace.yaml', line: 4, what: 'patch' }]);
  });

  test('a workload without selector in a file that is called a patch, and nowhere else', () => {
    const half = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { replicas: 2 }\n';
    expect(read({ 'config/manager_image_patch.yaml': half })).toMatchObject({ objects: [], skipped: [{ what: 'patch' }] });
    expect(read({ 'patches/manager.yaml': half }).objects).toHaveLength(1);
    expect(read({ 'patch.yaml': half.replace('{ replicas: 2 }', '{ selector: {}, replicas: 2 }') }).objects).toHaveLength(1);
  });

  test('values of a Helm chart that name a kind', () => {
    expect(read({ 'values.yaml': 'kind: Deployment\nreplicaCount: 1\n' })).toMatchObject({ objects: [], problems: [], skipped: [{ why: 'it has neither apiVersion nor metadata' }] });
  });

  test('a list of other things by the name of kind', () => {
    expect(read({ 'labels.yaml': 'kind:\n  - bug\n  - question\n' })).toMatchObject({ objects: [], problems: [], skipped: [{ what: 'document', why: 'its kind is no text, so it is no Kubernetes object' }] });
  });

  test('a patch that a kustomization of the same input lays over another object', () => {
    const patch = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { replicas: 2 }\n';
    const kustomization = 'resources: [a.yaml]\npatches:\n  - path: ../patches/replicas.yaml\n  - patch: |-\n      - op: remove\n        path: /x\npatchesStrategicMerge: [old.yaml]\n';
    const { objects, skipped } = read({ 'base/kustomization.yaml': kustomization, 'base/a.yaml': patch, 'base/old.yaml': patch, 'patches/replicas.yaml': patch });
    expect(objects.map(({ file }) => file)).toEqual(['base/a.yaml']);
    expect(skipped.filter(({ what }) => what === 'patch').map(({ file }) => file)).toEqual(['base/old.yaml', 'patches/replicas.yaml']);
  });
});
