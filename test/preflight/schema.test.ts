import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { schemaProblems } from '../../agent/preflight/schema.ts';
import schemas from '../../agent/preflight/schemas.json' with { type: 'json' };

const problems = (text: string): readonly string[] => schemaProblems(schemas, parse(text) as Record<string, string>).map(({ message, snippet }) => `${message}${snippet === undefined ? '' : ` => ${snippet}`}`);
const pod = (spec: string): string => `{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [{ name: b, image: c }], ${spec} } }`;
const container = (fields: string): string => `{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [{ name: b, image: c, ${fields} }] } }`;

describe('silent', () => {
  test('for what is right, for null, and for what is filled in later', () => {
    expect(problems(container('resources: { limits: { cpu: 1, memory: 1Gi } }, livenessProbe: { httpGet: { path: /, port: http } }, env: [{ name: A, value: null }]'))).toEqual([]);
    expect(problems(pod('hostNetwork: "$HOST_NETWORK", terminationGracePeriodSeconds: "${SECONDS}"'))).toEqual([]);
  });

  test('for a kind without a schema', () => {
    expect(problems('{ apiVersion: example.com/v1, kind: Pod, anything: 1 }')).toEqual([]);
  });

  test('for what KubeRay fills in', () => {
    expect(problems('{ apiVersion: ray.io/v1, kind: RayCluster, spec: { headGroupSpec: { template: {} }, workerGroupSpecs: [{ groupName: a, template: {} }] } }')).toEqual([]);
  });
});

describe('reports', () => {
  test('a misspelt field with the one that is meant', () => {
    expect(problems(container('livenessProb: {}'))).toEqual(['spec.containers[0] has no field livenessProb; did you mean livenessProbe? => livenessProbe:']);
    expect(problems('{ apiVersion: ray.io/v1, kind: RayService, spec: { rayClusterConfig: { headGroupSpec: { template: {} }, workerGroupSpecs: [{ groupName: a, minReplica: 1, template: {} }] } } }')).toEqual([
      'spec.rayClusterConfig.workerGroupSpecs[0] has no field minReplica; did you mean minReplicas? => minReplicas:',
    ]);
  });

  test('a field at the wrong level with the right one', () => {
    expect(problems(container('hostNetwork: true'))).toEqual(['spec.containers[0] has no field hostNetwork; it belongs at spec']);
    expect(problems(container('privileged: true'))).toEqual(['spec.containers[0] has no field privileged; it belongs in securityContext']);
  });

  test('values of another type, with the right one', () => {
    expect(problems(container('env: [{ name: A, value: 7200 }, { name: B, value: true }], args: x, ports: [{ containerPort: "80" }]'))).toEqual([
      'spec.containers[0].env[0].value is the number 7200, and must be text in quotes => value: "7200"',
      'spec.containers[0].env[1].value is the boolean true, and must be text in quotes => value: "true"',
      'spec.containers[0].args is the text "x", and must be a list',
      'spec.containers[0].ports[0].containerPort is the text "80", and must be a whole number without quotes => containerPort: 80',
    ]);
  });

  test('what must be there, and what is none of the choices', () => {
    expect(problems(pod('restartPolicy: never, dnsPolicy: Host'))).toEqual([
      'spec.restartPolicy is the text "never", and must be Always, OnFailure, Never => restartPolicy: Never',
      'spec.dnsPolicy is the text "Host", and must be ClusterFirst, ClusterFirstWithHostNet, Default, None',
    ]);
    expect(problems('{ apiVersion: batch/v1, kind: Job, metadata: { name: a }, spec: { template: { spec: { containers: [{ image: a }] } } } }')).toEqual(['spec.template.spec.containers[0] lacks name, which must be there']);
  });

  test('quantities that are none, or below 0', () => {
    expect(problems(container('resources: { requests: { cpu: abc, memory: 64GB }, limits: { vpc.amazonaws.com/efa: -1, memory: "$MEMORY" } }'))).toEqual([
      'spec.containers[0].resources.requests.cpu is the text "abc", and must be a quantity such as 4, 500m or 64Gi',
      'spec.containers[0].resources.requests.memory is the text "64GB", and must be a quantity such as 4, 500m or 64Gi => memory: 64Gi',
      'spec.containers[0].resources.limits["vpc.amazonaws.com/efa"] is the number -1, and must be a quantity of 0 or more',
    ]);
    expect(problems(pod('volumes: [{ name: shm, emptyDir: { sizeLimit: lots } }]'))).toEqual(['spec.volumes[0].emptyDir.sizeLimit is the text "lots", and must be a quantity such as 4, 500m or 64Gi']);
  });

  test('counts below what can be', () => {
    expect(problems('{ apiVersion: apps/v1, kind: Deployment, metadata: { name: a }, spec: { replicas: -3, selector: {}, template: { spec: { containers: [{ name: a, ports: [{ containerPort: 99999 }], livenessProbe: { periodSeconds: -1 } }] } } } }')).toEqual([
      'spec.replicas is the number -3, and must be 0 or more',
      'spec.template.spec.containers[0].ports[0].containerPort is the number 99999, and must be from 1 to 65535',
      'spec.template.spec.containers[0].livenessProbe.periodSeconds is the number -1, and must be 0 or more',
    ]);
    expect(problems('{ apiVersion: ray.io/v1, kind: RayCluster, spec: { headGroupSpec: { template: {} }, workerGroupSpecs: [{ groupName: a, minReplicas: -1, template: {} }] } }')).toEqual(['spec.workerGroupSpecs[0].minReplicas is the number -1, and must be 0 or more']);
  });

  test('a misspelt field that must be there once, not twice', () => {
    expect(problems('{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [{ nam: b }] } }')).toEqual(['spec.containers[0] has no field nam; did you mean name? => name:']);
  });

  test('no more than twenty of one object', () => {
    expect(problems(container(Array.from({ length: 50 }, (_, n) => `zzzzzz${n}: 1`).join(', ')))).toHaveLength(20);
  });
});

test('every type that is named is there', () => {
  const names = Object.values<Record<string, string>>(schemas.types).flatMap((fields) => Object.values(fields).map((type) => type.replace(/!$/, '').replace(/^[[{]+|[\]}]+$/g, '')));
  const used = [...new Set(names)].filter((name) => /^(ray\.)?[A-Z]\w/.test(name) && !name.includes('|'));
  // A choice of one: RayJob's deletion condition.
  expect(used.filter((name) => !(name in schemas.types))).toEqual(['Failed']);
  expect(Object.values<string>(schemas.kinds).filter((name) => !(name in schemas.types))).toEqual([]);
});
