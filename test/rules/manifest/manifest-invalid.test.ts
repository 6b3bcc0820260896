import { describe, expect, test } from 'vitest';
import { manifestInvalid as rule } from '../../../rules/manifest/manifest-invalid.ts';
import { first, judgeText, pod, said } from './manifests.ts';

describe('silent', () => {
  test('for a Pod, for a kind nobody here knows, and for comments alone', () => {
    expect(said(rule, pod('image: a:1'))).toEqual([]);
    expect(said(rule, `apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: a }\nspec: { anything: 1 }`)).toEqual([]);
    expect(said(rule, `# nothing\n---\n# here\n---\n${pod('image: a:1')}`)).toEqual([]);
  });

  test('for alert rules with templates of their own', () => {
    expect(said(rule, 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { rule: "{{ $labels.pod }} {{ if x }}" }')).toEqual([]);
  });
});

describe('reports', () => {
  test('a tab, with line, column and caret', () => {
    const found = first(judgeText(rule, 'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n'));
    expect(found).toMatchObject({ subject: 'job.yaml:4', title: 'The file is not YAML', message: 'not YAML: Tabs are not allowed as indentation', place: { file: 'job.yaml', line: 4, column: 1 } });
    expect(found.evidence['excerpt']).toEqual(['4 | →name: a', '    ^']);
  });

  test('one broken document, and judges the others', () => {
    expect(said(rule, `${pod('image: a:1')}\n---\nkind: Pod\napiVersion: [\n---\n${pod('image: a:1')}`)).toHaveLength(1);
  });

  test('a billion laughs', () => {
    const lines = ['apiVersion: v1', 'kind: Pod', 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 10; n += 1) lines.push(`a${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(', ')}]`);
    expect(said(rule, lines.join('\n'))).toEqual(['9 : not YAML: the anchors of this document unfold to more than 2,000,000 values; it is refused']);
  });

  test('what cannot be judged as unknown', () => {
    expect(said(rule, 'apiVersion: v1\nkind: Pod\nspec:\n  {{- if .Values.x }}\n  a: 1\n  {{- end }}\n')).toEqual([
      'unknown 4 : a Helm template that was not rendered cannot be judged; audit what it renders: helm template CHART --values FILE | railmedic preflight -',
    ]);
    expect(said(rule, 'apiVersion: v1\nkind: Pod\nmetadata: { name: ${JOB} }\n')).toEqual([
      'unknown 3 : ${JOB} was not filled in, so this is not YAML yet; audit what is applied: envsubst < job.yaml | railmedic preflight -',
    ]);
    expect(said(rule, 'name: values\n')).toEqual(['unknown 1 : no Kubernetes object found in job.yaml; expected YAML or JSON with apiVersion and kind']);
  });
});
