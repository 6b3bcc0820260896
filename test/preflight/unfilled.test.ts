import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../agent/config.ts';
import type { PreflightReport } from '../../agent/model.ts';
import { audit } from '../../agent/preflight/audit.ts';
import { renderPreflight } from '../../exporters/preflight/report.ts';
import { preflightStatus } from '../../exporters/preflight/verdict.ts';
import { MANIFEST_RULES } from '../../rules/index.ts';
import { manifests, pod } from '../rules/manifest/manifests.ts';

const hidden = (text: string, file?: string): readonly string[] => manifests(text, file).problems.filter(({ kind }) => kind === 'hidden').map(({ place, message }) => `${place.line} ${place.field ?? ''}: ${message}`);

describe('what is not filled in, though the file is YAML', () => {
  test('an image, with the command that shows what is applied', () => {
    expect(hidden(pod('image: $REGISTRY/ray-llm:$TAG'))).toEqual(['8 spec.containers[0].image: image "$REGISTRY/ray-llm:$TAG" is not filled in, and what depends on it was not judged; audit what is applied: envsubst < job.yaml | railmedic preflight -']);
    expect(hidden(pod('image: "${IMAGE}"'), '-')[0]).toContain('envsubst < FILE | railmedic preflight -');
  });

  test.each(['PLACEHOLDER_IMAGE', '${registry}/a:1', '<your-registry>/nemo-rl:1', '"{{ image }}"', '$(IMAGE)', 'REPLACE_ME', 'YOUR_REGISTRY/a:1'])('%s, which envsubst does not fill in', (image) => {
    expect(hidden(pod(`image: ${image}`))).toEqual([`8 spec.containers[0].image: image "${image.replaceAll('"', '')}" is not filled in, and what depends on it was not judged; audit what is applied`]);
  });

  test.each([
    ['resources: { limits: { nvidia.com/gpu: $GPUS, memory: "${MEMORY}" } }', '', 'nvidia.com/gpu "$GPUS", memory "${MEMORY}" are'],
    ['resources: { limits: { "${GPU_RESOURCE}": 8 } }', '', '${GPU_RESOURCE} "${GPU_RESOURCE}" is'],
    ['image: a:1', 'nodeSelector: { node.kubernetes.io/instance-type: $TYPE }', 'node.kubernetes.io/instance-type "$TYPE" is'],
    ['image: a:1', 'affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: x, operator: In, values: ["${TYPE}"] }] }] } } }', 'affinity "${TYPE}" is'],
    ['image: a:1', 'volumes: [{ name: fsx, persistentVolumeClaim: { claimName: $CLAIM } }]', 'claimName "$CLAIM" is'],
    ['image: a:1', 'volumes: [{ name: shm, emptyDir: { medium: Memory, sizeLimit: $SHM } }]', 'sizeLimit "$SHM" is'],
  ])('%s %s', (container, spec, said) => {
    const [message, ...others] = hidden(pod(container, spec));
    expect(others).toEqual([]);
    expect(message).toContain(`${said} not filled in`);
  });

  test('counts and names, several of an object as one', () => {
    const set = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: "${NAME}", namespace: $NAMESPACE }\nspec:\n  replicas: $N\n  selector: { matchLabels: { app: a } }\n  template:\n    metadata: { labels: { app: a } }\n    spec: { containers: [{ name: a, image: $A }, { name: b, image: $B }] }\n';
    expect(hidden(set)).toEqual(['3 metadata.name: name "${NAME}", namespace "$NAMESPACE", replicas "$N" and 2 more are not filled in, and what depends on them was not judged; audit what is applied: envsubst < job.yaml | railmedic preflight -']);
  });
});

describe('what others fill in', () => {
  test('commands, arguments, environment, annotations and labels', () => {
    expect(hidden(pod('image: a:1\ncommand: [bash, -c, "echo ${RANK} $HOSTNAME <done>"]\nargs: ["$(MODEL)", "{{ x }}"]\nenv: [{ name: A, value: "${B}" }, { name: C, value: $(D) }]', '', 'annotations: { a: "$X" }\nlabels: { b: $Y }'))).toEqual([]);
  });

  test('texts of ConfigMaps and Secrets, and what rules of Prometheus say', () => {
    expect(hidden('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { image: "$IMAGE", name: "<x>" }\n---\napiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { replicas: "${N}" }')).toEqual([]);
    expect(hidden('apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: { name: a }\nspec: { groups: [{ name: a, rules: [{ alert: A, expr: up, annotations: { summary: "{{ $labels.node }}" } }] }] }')).toEqual([]);
  });

  test('names that an operator computes', () => {
    expect(hidden(pod('image: a:1', 'volumes: [{ name: certs, secret: { secretName: "{{ ChildName .ObjectMeta.Name `-certs` }}" } }]'))).toEqual([]);
  });

  test('nothing, where all is written', () => {
    expect(hidden(pod('image: registry:5000/a/b:1\nresources: { limits: { nvidia.com/gpu: 8, memory: 64Gi } }', 'nodeSelector: { role: gpu-placeholder }'))).toEqual([]);
  });
});

test('makes the file UNKNOWN with status 3, and a fault beside it counts as before', () => {
  const report = (text: string): PreflightReport => audit(manifests(text), DEFAULT_CONFIG, MANIFEST_RULES, new Date(0));
  const unfilled = report(pod('image: $IMAGE'));
  expect(preflightStatus(unfilled)).toBe(3);
  expect(renderPreflight(unfilled, { width: 100, colour: false })).toContain('UNKNOWN');
  expect(preflightStatus(report(pod('image: $REGISTRY/a:latest')))).toBe(1);
  expect(preflightStatus(report(pod('image: a:1')))).toBe(0);
});
