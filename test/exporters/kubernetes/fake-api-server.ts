import type { KubernetesApi, KubernetesCall } from '../../../agent/model.ts';
import type { KubernetesParts, RuleFacts } from '../../../exporters/kubernetes/parts.ts';

interface Fields {
  [key: string]: unknown;
}
interface Answer {
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  readonly message?: string;
}

/** One Node and the Events about it, as the API server keeps them: conditions merge by type, Events by name. */
export class FakeApiServer implements KubernetesApi {
  readonly nodeName = 'ip-10-0-3-7';
  readonly calls: KubernetesCall[] = [];
  readonly events = new Map<string, Fields>();
  conditions: Fields[] = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-01T00:00:00Z' }];
  taints: Fields[] | undefined;
  resourceVersion = 1;
  uid = 'uid-of-node';
  /** Decides on a failure before anything is done; `{}` without a status is no answer at all. */
  refuse: (call: KubernetesCall) => Answer | undefined = () => undefined;
  /** A call waits for it, where it is set. */
  gate: Promise<void> | undefined;

  async request(call: KubernetesCall, signal: AbortSignal): Promise<unknown> {
    this.calls.push(structuredClone(call));
    await this.gate;
    signal.throwIfAborted();
    const answer = this.refuse(call);
    if (answer) throw failure(call, answer);
    if (call.path.startsWith('/apis/events.k8s.io/v1/')) return this.#event(call);
    if (call.path === `/api/v1/nodes/${this.nodeName}/status`) this.#mergeConditions(call.body as { status: { conditions: Fields[] } });
    else if (call.path !== `/api/v1/nodes/${this.nodeName}`) throw failure(call, { status: 404 });
    else if (call.method === 'PATCH') this.#mergeSpec(call.body as { metadata: Fields; spec: { taints: Fields[] } }, call);
    return this.node();
  }

  node(): unknown {
    return structuredClone({
      metadata: { name: this.nodeName, uid: this.uid, resourceVersion: String(this.resourceVersion) },
      spec: { ...(this.taints && { taints: this.taints }) },
      status: { conditions: this.conditions },
    });
  }

  condition(type: string): Fields | undefined {
    return this.conditions.find((one) => one['type'] === type);
  }

  /** `PATCH /api/v1/nodes/ip-10-0-3-7/status`, in their order. */
  made(): readonly string[] {
    return this.calls.map(({ method, path }) => `${method} ${path}`);
  }

  patches(): readonly Fields[][] {
    return this.calls.filter(({ path, method }) => method === 'PATCH' && path.endsWith('/status')).map(({ body }) => (body as { status: { conditions: Fields[] } }).status.conditions);
  }

  #mergeConditions({ status }: { status: { conditions: Fields[] } }): void {
    this.resourceVersion += 1;
    for (const one of status.conditions) {
      const standing = this.conditions.find(({ type }) => type === one['type']);
      if (standing) Object.assign(standing, one);
      else this.conditions.push({ lastTransitionTime: null, ...one });
    }
  }

  #mergeSpec({ metadata, spec }: { metadata: Fields; spec: { taints: Fields[] } }, call: KubernetesCall): void {
    if (metadata['resourceVersion'] !== String(this.resourceVersion)) throw failure(call, { status: 409 });
    this.resourceVersion += 1;
    this.taints = spec.taints;
  }

  #event(call: KubernetesCall): unknown {
    const [, namespace = '', name] = /namespaces\/([^/]+)\/events(?:\/(.+))?$/.exec(call.path) ?? [];
    const body = call.body as Fields;
    const key = `${namespace}/${name ?? String((body['metadata'] as Fields)['name'])}`;
    const standing = this.events.get(key);
    if (call.method === 'POST' && standing) throw failure(call, { status: 409 });
    if (call.method === 'PATCH' && !standing) throw failure(call, { status: 404 });
    this.events.set(key, { ...standing, ...body });
    return body;
  }
}

function failure(call: KubernetesCall, { status, retryAfterSeconds, message = 'no' }: Answer): Error {
  return Object.assign(new Error(`${call.method} ${call.path}: ${status ?? 'no answer'}: ${message}`), { status, retryAfterSeconds });
}

export interface Surroundings extends KubernetesParts {
  readonly api: FakeApiServer;
  now: number;
  readonly notes: string[];
  readonly failures: string[];
}

export function fact(name: string, fields: Partial<RuleFacts> = {}): RuleFacts {
  const group = name.startsWith('Gpu') ? 'gpu' : 'fabric';
  return {
    name,
    group,
    severity: 'critical',
    needs: [group === 'gpu' ? 'nvidia-query' : 'infiniband'],
    windowSeconds: 0,
    forSeconds: 0,
    clearAfterSeconds: 60,
    lasts: 'level',
    shadow: false,
    ...fields,
  };
}

export const FACTS: readonly RuleFacts[] = [
  fact('FabricOneWayTraffic', { windowSeconds: 30 }),
  fact('FabricReceiveDrops', { severity: 'warning', windowSeconds: 30 }),
  fact('GpuLost', { needs: [], lasts: 'until-reboot' }),
  fact('GpuXid', { needs: ['kernel-log'], lasts: 'event', clearAfterSeconds: 3600 }),
  fact('GpuRowRemapFailure'),
];

/** A clock that stands still until a test moves it, and the middle of every jitter. */
export function surroundings(api = new FakeApiServer(), rules = FACTS): Surroundings {
  const notes: string[] = [];
  const failures: string[] = [];
  const all: Surroundings = {
    api,
    rules,
    now: 1000,
    notes,
    failures,
    nowSeconds: () => all.now,
    random: () => 0.5,
    note: (level, message) => void notes.push(`${level}: ${message}`),
    onFailure: (name) => void failures.push(name),
  };
  return all;
}
