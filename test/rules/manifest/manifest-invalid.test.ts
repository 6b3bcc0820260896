import { describe, expect, test } from 'vitest';
import { manifestInvalid as rule } from '../../../rules/manifest/manifest-invalid.ts';
import { first, judgeText, pod, said } from './manifests.ts';

describe('silent', () => {
  test('for a Pod, for a kind nobody here knows, and for comments alone', () => {
    expect(said(rule, pod('image: a:1'))).toEqual([]);
    expect(said(rule, `apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: a }\nspec: { anything: 1 }\n---\n${pod('image: a:1')}`)).toEqual([]);
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

  const service = (serve: string): string => `apiVersion: ray.io/v1
kind: RayService
metadata: { name: llm }
spec:
  serveConfigV2: ${serve}
  rayClusterConfig: { headGroupSpec: { template: { spec: { containers: [{ name: ray, image: "ray:1" }] } } } }
`;
  const block = (lines: readonly string[]): string => `|\n${lines.map((line) => `    ${line}`).join('\n')}`;

  test('a serveConfigV2 that is no YAML, at its line', () => {
    const found = first(judgeText(rule, service(block(['applications:', '  - name: llm', '    import_path: [y']))));
    expect(found).toMatchObject({
      title: 'A text in the manifest is not the YAML that it should be',
      message: expect.stringMatching(/^serveConfigV2 is not YAML: .*; the API server takes it as any text, KubeRay cannot hand it to Ray Serve, and nothing is served$/),
      place: { line: 8, field: 'spec.serveConfigV2', object: 'RayService/default/llm' },
      evidence: { excerpt: ['8 |     import_path: [y', '                       ^'] },
    });
    expect(said(rule, service(block(['applications:', '  - name: llm', '   import_path: a:b'])))[0]).toMatch(/^8 spec\.serveConfigV2: serveConfigV2 is not YAML/);
    expect(said(rule, service('"applications:\\n  - a\\n - b"'))[0]).toMatch(/^5 spec\.serveConfigV2: serveConfigV2 is not YAML: .* \(line \d of the text\)/);
    expect(said(rule, service(block(['{ ${CONFIG} }', ': ['])))[0]).toMatch(/^unknown 5 spec\.serveConfigV2: serveConfigV2 holds something that is not filled in yet/);
  });

  test('fields of serveConfigV2 that Ray Serve drops, and what it needs', () => {
    expect(said(rule, service(block(['aplications:', '  - import_path: a:b'])))).toEqual(['6 spec.serveConfigV2.aplications: spec.serveConfigV2 has no field aplications; did you mean applications?']);
    expect(said(rule, service(block(['applications:', '  - import_pth: a:b', 'port: 8000'])))).toEqual([
      '7 spec.serveConfigV2.applications[0].import_pth: spec.serveConfigV2.applications[0] has no field import_pth; did you mean import_path?',
      '8 spec.serveConfigV2.port: spec.serveConfigV2 has no field port; it belongs in http_options',
    ]);
    expect(said(rule, service(block(['applications:', '  - name: a'])))).toEqual(['7 spec.serveConfigV2.applications[0].import_path: spec.serveConfigV2.applications[0] lacks import_path, which must be there']);
    expect(said(rule, service(block(['applications:', '  - import_path: a:b', '    deployments: [{ name: a, max_ongoing_request: 4, option_of_a_later_ray: 1 }]'])))).toEqual([
      '8 spec.serveConfigV2.applications[0].deployments[0].max_ongoing_request: a deployment of Ray Serve has no option max_ongoing_request; did you mean max_ongoing_requests?',
    ]);
    expect(said(rule, service(block(['proxy_location: EveryNode', 'http_options: { host: 0.0.0.0, port: 8000 }', 'applications:', '  - import_path: ray.serve.llm:build_openai_app', '    args: { llm_configs: [] }'])))).toEqual([]);
  });

  test('a runtime environment that is no YAML', () => {
    const text = 'apiVersion: ray.io/v1\nkind: RayJob\nmetadata: { name: j }\nspec:\n  entrypoint: a\n  runtimeEnvYAML: |\n    env_vars: {A: b\n  rayClusterSpec: { headGroupSpec: { template: {} } }\n';
    expect(said(rule, text)[0]).toMatch(/^7 spec\.runtimeEnvYAML: runtimeEnvYAML is not YAML: .*, the job cannot start$/);
  });

  test('versions that Kubernetes has removed, and a kind under the wrong one', () => {
    const text = 'apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: { name: a }\nspec: { selector: { matchLabels: { a: b } }, replica: 1, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c }] } } }\n';
    expect(said(rule, text)).toEqual([
      '1 apiVersion: Kubernetes serves no apps/v1beta1 Deployment since 1.16: kubectl apply answers "no matches for kind"; write apps/v1',
      '4 spec.replica: spec has no field replica; did you mean replicas?',
    ]);
    expect(said(rule, 'apiVersion: autoscaling/v2beta1\nkind: HorizontalPodAutoscaler\nmetadata: { name: a }\n')[0]).toContain('since 1.25');
    expect(said(rule, 'apiVersion: v1\nkind: Job\nmetadata: { name: a }\nspec: {}\n')[0]).toBe('1 apiVersion: there is no Job in v1: kubectl apply answers "no matches for kind"; it is of batch/v1');
    expect(said(rule, 'apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: { name: a }\n'), 'still served').toEqual([]);
  });

  test('a RayCluster of v1alpha1 by the schema of v1', () => {
    expect(said(rule, 'apiVersion: ray.io/v1alpha1\nkind: RayCluster\nmetadata: { name: a }\nspec: { headGroupSpecc: {} }\n')).toEqual(['4 spec.headGroupSpecc: spec has no field headGroupSpecc; did you mean headGroupSpec?']);
  });

  test('pod templates of kinds without a schema', () => {
    const spec = '{ restartPolicyy: Never, containers: [{ name: c, image: "a:1", resourcess: {} }] }';
    const wrong = (path: string): readonly string[] => [`4 ${path}.restartPolicyy: ${path} has no field restartPolicyy; did you mean restartPolicy?`, `4 ${path}.containers[0].resourcess: ${path}.containers[0] has no field resourcess; did you mean resources?`];
    const of = (apiVersion: string, kind: string, body: string): readonly string[] => said(rule, `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: a }\nspec: ${body}\n`);
    expect(of('kubeflow.org/v1', 'PyTorchJob', `{ pytorchReplicaSpecs: { Worker: { template: { spec: ${spec} } } } }`)).toEqual(wrong('spec.pytorchReplicaSpecs.Worker.template.spec'));
    expect(of('kubeflow.org/v2beta1', 'MPIJob', `{ mpiReplicaSpecs: { Worker: { template: { spec: ${spec} } } } }`)).toEqual(wrong('spec.mpiReplicaSpecs.Worker.template.spec'));
    expect(of('leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet', `{ leaderWorkerTemplate: { workerTemplate: { spec: ${spec} } } }`)).toEqual(wrong('spec.leaderWorkerTemplate.workerTemplate.spec'));
    expect(of('jobset.x-k8s.io/v1alpha2', 'JobSet', `{ replicatedJobs: [{ name: w, template: { spec: { backoffLimt: 0, template: { spec: ${spec} } } } }] }`)).toEqual([
      '4 spec.replicatedJobs[0].template.spec.backoffLimt: spec.replicatedJobs[0].template.spec has no field backoffLimt; did you mean backoffLimit?',
      ...wrong('spec.replicatedJobs[0].template.spec.template.spec'),
    ]);
    expect(of('trainer.kubeflow.org/v1alpha1', 'TrainJob', '{ trainer: { numNodes: 2, resourcesPerNod: {}, env: [{ name: A, value: 1 }] } }')).toEqual([
      '4 spec.trainer.resourcesPerNod: spec.trainer has no field resourcesPerNod; did you mean resourcesPerNode?',
      '4 spec.trainer.env[0].value: spec.trainer.env[0].value is the number 1, and must be text in quotes',
    ]);
  });

  test('what no rule can look into: only unknown kinds, and pods that something unknown makes', () => {
    expect(said(rule, 'apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: a }\n')).toEqual(['unknown 1 : nothing was judged: no rule knows Thing of example.com/v1, and nothing else was found; audit the objects that are made of it']);
    const workflow = 'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: { name: w }\nspec: { templates: [{ name: a, container: { image: "a:1" } }] }\n';
    const why = 'unknown 4 spec.templates[0].container: Workflow of argoproj.io/v1alpha1 has containers at spec.templates[0].container, and no rule knows what pods come of it; audit these with --cluster';
    expect(said(rule, workflow)).toEqual([why]);
    expect(said(rule, `${workflow}---\n${pod('image: a:1')}`)).toEqual([why]);
    expect(said(rule, 'apiVersion: example.com/v1\nkind: Gang\nmetadata: { name: w }\nspec: { worker: { limits: { nvidia.com/gpu: 8 } } }\n')).toEqual([
      'unknown 4 spec.worker.limits["nvidia.com/gpu"]: Gang of example.com/v1 has nvidia.com/gpu at spec.worker.limits["nvidia.com/gpu"], and no rule knows what pods come of it; audit these with --cluster',
    ]);
    expect(said(rule, `apiVersion: scheduling.volcano.sh/v1beta1\nkind: Queue\nmetadata: { name: q }\nspec: { capability: { nvidia.com/gpu: 8 } }\n---\n${pod('image: a:1')}`), 'a queue runs nothing').toEqual([]);
  });
});
