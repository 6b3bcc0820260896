import packageJson from '../../../package.json' with { type: 'json' };
import { NODES } from './node-selection.ts';
import type { Condition, Plain, PlainMap } from './tree.ts';

/** What a person may set; the chart's values of the same names. */
export interface Settings {
  readonly mode: 'default' | 'restricted' | 'privileged';
  /** The name the objects are made for: a namespace, or the template expression of one. */
  readonly namespace: string;
  readonly image: { readonly repository: string; readonly tag: string; readonly digest: string; readonly pullPolicy: string };
  readonly imagePullSecrets: readonly PlainMap[];
  /** `loopback`: for a collector on the node itself, nobody else can ask. */
  readonly listen: 'node' | 'loopback';
  readonly port: number;
  readonly interval: string;
  readonly logFormat: string;
  readonly processes: boolean;
  readonly runtimeClassName: string;
  readonly kubeletRoot: string;
  readonly config: PlainMap;
  readonly resources: PlainMap;
  readonly kernelLogResources: PlainMap;
  readonly affinity: PlainMap;
  readonly nodeSelector: PlainMap;
  readonly tolerations: readonly Plain[];
  readonly priorityClassName: string;
  readonly maxUnavailable: string | number;
  readonly podAnnotations: PlainMap;
  readonly podLabels: PlainMap;
  readonly serviceAccountAnnotations: PlainMap;
  readonly extraArgs: readonly string[];
  readonly extraEnv: readonly Plain[];
  readonly extraVolumes: readonly Plain[];
  readonly extraVolumeMounts: readonly Plain[];
  readonly networkPolicy: { readonly enabled: boolean; readonly from: readonly Plain[] };
  readonly podMonitor: { readonly enabled: boolean; readonly interval: string; readonly labels: PlainMap };
  readonly serviceMonitor: { readonly enabled: boolean; readonly interval: string; readonly labels: PlainMap };
  readonly admissionPolicy: boolean;
  /** The agent reads the end of the log of a container with GPUs or EFA that crashes, and may. */
  readonly podLogs: boolean;
}

export const DEFAULTS: Settings = {
  mode: 'default',
  namespace: 'railmedic',
  image: { repository: 'registry.example.com/railmedic', tag: packageJson.version, digest: '', pullPolicy: 'IfNotPresent' },
  imagePullSecrets: [],
  listen: 'node',
  port: 9477,
  interval: '5s',
  // What an alert sends a person to is kubectl logs; a pipeline that wants fields says json.
  logFormat: 'text',
  processes: true,
  runtimeClassName: '',
  kubeletRoot: '/var/lib/kubelet',
  config: {},
  // Measured: 80 to 95 MB of the agent, and two or three nvidia-smi of 22 MB each, which count into the same limit. No CPU
  // limit: it uses 0.3 % of a core, and a throttled look is a late one just when the node is busy.
  resources: { requests: { cpu: '20m', memory: '160Mi' }, limits: { memory: '320Mi' } },
  // Measured: 10 MB of its own, 40 MB of Node's binary that it shares with the agent and that is charged to whoever touched it first.
  kernelLogResources: { requests: { cpu: '1m', memory: '16Mi' }, limits: { memory: '96Mi' } },
  affinity: NODES,
  nodeSelector: {},
  // A node that is cordoned, full, or tainted for its fault is the one that needs a medic.
  tolerations: [{ operator: 'Exists' }],
  priorityClassName: 'system-node-critical',
  maxUnavailable: '10%',
  podAnnotations: {},
  podLabels: {},
  serviceAccountAnnotations: {},
  extraArgs: [],
  extraEnv: [],
  extraVolumes: [],
  extraVolumeMounts: [],
  networkPolicy: { enabled: true, from: [] },
  podMonitor: { enabled: false, interval: '15s', labels: {} },
  serviceMonitor: { enabled: false, interval: '15s', labels: {} },
  admissionPolicy: false,
  podLogs: false,
};

const modeIs = (mode: Settings['mode']) => ({ mode: actual }: Settings): Condition => ({ helm: `eq .Values.mode "${mode}"`, holds: actual === mode });
export const isDefault = modeIs('default');
export const isRestricted = modeIs('restricted');
export const isPrivileged = modeIs('privileged');
export const isSet = (helm: string, holds: boolean): Condition => ({ helm, holds });
