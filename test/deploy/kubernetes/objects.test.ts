import { Ajv, type JSONSchemaType } from 'ajv';
import { describe, expect, test } from 'vitest';
import { installObjects } from '../../../deploy/kubernetes/source/artefacts.ts';
import { DEFAULTS, type Settings } from '../../../deploy/kubernetes/source/settings.ts';
import type { PlainMap } from '../../../deploy/kubernetes/source/tree.ts';
import { OPENAPI_RELEASE, problems } from './object-schema.ts';

const MODES = ['default', 'restricted', 'privileged'] as const;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly limits?: Readonly<Record<string, string>>; readonly requests: Readonly<Record<string, string>> };
  readonly livenessProbe?: { readonly httpGet: { readonly path: string; readonly host?: string } };
  readonly securityContext: {
    readonly privileged?: boolean;
    readonly runAsUser: number;
    readonly runAsNonRoot?: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly capabilities?: { readonly drop: readonly string[]; readonly add?: readonly string[] };
    readonly seccompProfile?: { readonly type: string };
  };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean; readonly recursiveReadOnly?: string }[];
}
interface Pod {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly dnsPolicy?: string;
  readonly automountServiceAccountToken: boolean;
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[];
  readonly tolerations: readonly unknown[];
  readonly priorityClassName: string;
  readonly affinity: { readonly nodeAffinity: { readonly requiredDuringSchedulingIgnoredDuringExecution: { readonly nodeSelectorTerms: readonly { readonly matchExpressions: readonly { readonly key: string }[] }[] } } };
}

const objects = (settings: Partial<Settings>): readonly PlainMap[] => installObjects({ ...DEFAULTS, ...settings });
function pod(settings: Partial<Settings>): Pod {
  const found = objects(settings).find(({ kind }) => kind === 'DaemonSet') as unknown as { readonly spec: { readonly template: { readonly spec: Pod } } };
  return found.spec.template.spec;
}
const container = (settings: Partial<Settings>, name = 'railmedic'): Container => {
  const found = pod(settings).containers.find((one) => one.name === name);
  if (!found) throw new Error(`no container ${name}`);
  return found;
};

test('logs are installed as docs/reading-the-log.md shows them: to be read', () => {
  const text = JSON.stringify(objects({}));
  expect(text).toContain('{"name":"RAILMEDIC_LOG_FORMAT","value":"text"}');
});

describe(`the schema of Kubernetes ${OPENAPI_RELEASE}`, () => {
  test('is one of a release that is maintained', () => expect(OPENAPI_RELEASE).toMatch(/^release-1\.(3[4-9]|[4-9]\d)$/));

  test.each(MODES)('takes every object of mode %s, with every option', (mode) => {
    const all = objects({ mode, admissionPolicy: true, podLogs: true, runtimeClassName: 'nvidia', config: { exporters: { kubernetes: { taint: true } } } });
    expect(all.map(({ kind }) => kind)).toContain('ValidatingAdmissionPolicy');
    expect(all.flatMap(problems)).toEqual([]);
  });

  test('refuses what it does not know and misses what it requires', () => {
    expect(problems({ apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ image: 1, foo: 2 }], hostPID: 'yes' } })).toEqual([
      'Pod.spec.containers[0].image: got 1, expected string',
      'Pod.spec.containers[0].foo: V1Container has no such field',
      'Pod.spec.containers[0].name: required by V1Container',
      'Pod.spec.hostPID: got "yes", expected boolean',
    ]);
  });

  test('of the Prometheus Operator takes the two monitors', () => {
    const monitors = objects({ podMonitor: { enabled: true, interval: '15s', labels: { a: 'b' } }, serviceMonitor: { enabled: true, interval: '15s', labels: {} } }).filter(({ apiVersion }) => apiVersion === 'monitoring.coreos.com/v1');
    const validate = new Ajv({ allowUnionTypes: true }).compile(MONITOR as unknown as JSONSchemaType<unknown>);
    for (const monitor of monitors) expect([validate(monitor), validate.errors]).toEqual([true, null]);
    expect(monitors.map(({ kind }) => kind)).toEqual(['PodMonitor', 'ServiceMonitor']);
  });
});

describe('logs of pods', () => {
  const rights = (settings: Partial<Settings>): boolean => JSON.stringify(objects(settings).filter(({ metadata }) => JSON.stringify(metadata).includes('railmedic-agent'))).includes('pods/log');
  const isRead = (settings: Partial<Settings>): boolean => JSON.stringify(container(settings).env).includes('{"name":"RAILMEDIC_POD_LOGS","value":"true"}');

  test.each(MODES)('are read and may be read in mode %s by one setting, or neither', (mode) => {
    expect([rights({ mode }), isRead({ mode })]).toEqual([false, false]);
    expect([rights({ mode, podLogs: true }), isRead({ mode, podLogs: true })]).toEqual([true, true]);
  });
});

describe('the process that listens, parses and talks to the API server', () => {
  test.each(MODES)('in mode %s has a read-only root file system and no token by itself', (mode) => {
    expect(pod({ mode }).automountServiceAccountToken).toBe(false);
    expect(pod({ mode }).containers.map(({ securityContext }) => securityContext.readOnlyRootFilesystem)).not.toContain(false);
  });

  test('is not privileged by default: two capabilities, and none without the look at processes', () => {
    const secure = { privileged: false, runAsUser: 0, runAsGroup: 0, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, seccompProfile: { type: 'RuntimeDefault' } };
    expect(container({}).securityContext).toEqual({ ...secure, capabilities: { drop: ['ALL'], add: ['SYS_PTRACE', 'DAC_READ_SEARCH'] } });
    expect(container({ processes: false }).securityContext).toEqual({ ...secure, capabilities: { drop: ['ALL'] } });
  });

  test('sees the node read-only, with all that is mounted below', () => {
    const host = container({}).volumeMounts.filter(({ mountPath }) => mountPath.startsWith('/host/'));
    expect(host.map(({ mountPath, readOnly, recursiveReadOnly }) => [mountPath, readOnly, recursiveReadOnly])).toEqual([
      ['/host/sys', true, 'IfPossible'],
      ['/host/proc', true, 'IfPossible'],
      ['/host/dev', true, 'IfPossible'],
      ['/host/var/lib/kubelet/pod-resources', true, undefined],
    ]);
  });

  test('the privileged container runs one line and has neither the token nor a path of the host', () => {
    const { securityContext, volumeMounts, command, env } = container({}, 'kernel-log');
    expect(securityContext.privileged).toBe(true);
    expect(volumeMounts).toEqual([{ name: 'kernel-log', mountPath: '/run/kernel-log' }]);
    expect(env).toBeUndefined();
    expect(command?.join(' ')).not.toContain('\n');
    expect(container({}).volumeMounts.find(({ name }) => name === 'kernel-log')?.readOnly).toBe(true);
  });

  test('restricted is Pod Security "restricted" but for host paths', () => {
    const { containers, hostNetwork, hostPID, volumes } = pod({ mode: 'restricted' });
    expect([hostNetwork, hostPID, containers.length]).toEqual([undefined, undefined, 1]);
    // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    expect(containers[0]?.securityContext).toEqual({
      privileged: false,
      runAsUser: 65532,
      runAsGroup: 65532,
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(volumes.flatMap(({ hostPath }) => (hostPath ? [hostPath.path] : []))).toEqual(['/sys', '/proc', '/dev']);
    const allowed = new Set(['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret']);
    const others = volumes.filter(({ hostPath }) => !hostPath).map(({ name: _name, ...kind }) => Object.keys(kind).join(','));
    expect(others.filter((kind) => !allowed.has(kind))).toEqual([]);
  });

  test('privileged is one container that has the node below /host', () => {
    const { containers, volumes } = pod({ mode: 'privileged' });
    expect(containers.map(({ name }) => name)).toEqual(['railmedic']);
    expect(volumes[0]).toEqual({ name: 'root', hostPath: { path: '/', type: 'Directory' } });
  });
});

describe('the pod', () => {
  test('reaches the metadata service and the name service of the cluster', () => {
    expect(pod({})).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet', hostPID: true });
  });

  test('goes to nodes by what they have, never by a list of instance types', () => {
    const keys = pod({}).affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.flatMap(({ matchExpressions }) => matchExpressions.map(({ key }) => key));
    expect(keys).toContain('nvidia.com/gpu.present');
    expect(keys.filter((key) => key.includes('instance-type'))).toEqual([]);
  });

  test('stays where others are driven out', () => {
    expect(pod({})).toMatchObject({ tolerations: [{ operator: 'Exists' }], priorityClassName: 'system-node-critical' });
  });

  test('is restarted for a loop that stands still and for nothing else', () => {
    expect(container({}).livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'metrics' });
    expect(container({ listen: 'loopback' }).livenessProbe?.httpGet.host).toBe('127.0.0.1');
  });

  test('has a memory limit above what was measured, and no CPU limit', () => {
    const measured = 105 + 3 * 22;
    const mib = (text: string | undefined): number => Number(/^(\d+)Mi$/.exec(text ?? '')?.[1]);
    const { limits, requests } = container({}).resources;
    expect(mib(limits?.['memory'])).toBeGreaterThan(1.5 * measured);
    expect(mib(requests['memory'])).toBeGreaterThan(105);
    expect(limits?.['cpu']).toBeUndefined();
  });

  test.each([
    [{}, '[$(RAILMEDIC_NODE_IP)]:9477'],
    [{ mode: 'restricted' }, ':9477'],
    [{ listen: 'loopback', port: 9000 }, '127.0.0.1:9000'],
  ] as const)('with %j listens on %s', (settings, expected) => {
    expect(container(settings).env?.find(({ name }) => name === 'RAILMEDIC_LISTEN')?.value).toBe(expected);
  });
});

/** What the monitors use of monitoring.coreos.com/v1 (prometheus-operator, api/monitoring/v1 at v0.8x); nothing else is let through. */
const endpoint = {
  type: 'object',
  additionalProperties: false,
  required: ['port'],
  properties: { port: { type: 'string' }, path: { type: 'string' }, interval: { type: 'string', pattern: '^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$' }, honorLabels: { type: 'boolean' } },
};
const MONITOR = {
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  properties: {
    apiVersion: { const: 'monitoring.coreos.com/v1' },
    kind: { enum: ['PodMonitor', 'ServiceMonitor'] },
    metadata: { type: 'object', required: ['name', 'namespace'] },
    spec: {
      type: 'object',
      additionalProperties: false,
      required: ['selector'],
      properties: {
        selector: { type: 'object', required: ['matchLabels'] },
        podMetricsEndpoints: { type: 'array', minItems: 1, items: endpoint },
        endpoints: { type: 'array', minItems: 1, items: endpoint },
      },
    },
  },
};
