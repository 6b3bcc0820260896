import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from '../../../agent/kubernetes/client.ts';

type Objects = Readonly<Record<string, readonly object[]>>;

const GROUPS: Readonly<Record<string, string>> = { apps: 'v1', batch: 'v1', 'ray.io': 'v1', 'jobset.x-k8s.io': 'v1alpha2', 'trainer.kubeflow.org': 'v1alpha1', 'resource.k8s.io': 'v1' };

/** An API server on loopback that lists what it is given by path, in pages of two, and refuses what it is told to refuse. */
export class FakeCluster {
  /** `/apis/batch/v1/jobs` to its items. */
  readonly objects: Record<string, readonly object[]>;
  /** Paths that answer 403. */
  readonly refused = new Set<string>();
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(objects: Objects) {
    this.objects = { ...objects };
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost');
      this.requests.push(`${request.method ?? ''} ${url.pathname}`);
      const [status, body] = this.#answer(url);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  }

  static async open(objects: Objects): Promise<FakeCluster> {
    const cluster = new FakeCluster(objects);
    const { promise, resolve } = Promise.withResolvers<void>();
    cluster.#server.listen(0, '127.0.0.1', () => resolve());
    await promise;
    return cluster;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  client(): ApiClient {
    const credentials = { server: this.url, from: 'the test', connection: () => Promise.resolve({ headers: {}, tls: {} }) };
    return new ApiClient({ credentials, nodeName: '', userAgent: 'railmedic/test', requestSeconds: 5 });
  }

  /** As kubectl's, for commands that read one. */
  kubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'fake', cluster: { server: this.url } }],
      users: [{ name: 'me', user: {} }],
      contexts: [{ name: 'test', context: { cluster: 'fake', user: 'me' } }],
    });
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  #answer({ pathname, searchParams }: URL): readonly [number, object] {
    if (pathname === '/apis') return [200, { groups: Object.entries(GROUPS).map(([name, version]) => ({ name, preferredVersion: { groupVersion: `${name}/${version}`, version } })) }];
    if (this.refused.has(pathname)) return [403, { kind: 'Status', message: `${pathname} is forbidden`, code: 403 }];
    const items = this.objects[pathname];
    const known = /^\/api\/v1\/(pods|nodes|persistentvolumeclaims)$|^\/apis\/(apps|batch)\//.test(pathname);
    if (!items && !known) return [404, { kind: 'Status', code: 404 }];
    const begin = Number(searchParams.get('continue') ?? 0);
    const page = (items ?? []).slice(begin, begin + 2);
    const next = begin + 2 < (items ?? []).length ? { continue: String(begin + 2) } : {};
    const [version = ''] = /(?<=^\/apis\/)[^/]+\/[^/]+|v1/.exec(pathname) ?? [];
    return [200, { kind: 'SomeList', apiVersion: version, metadata: { resourceVersion: '1', ...next }, items: page }];
  }
}

export interface NodeFacts {
  readonly type?: string;
  readonly address?: string;
  readonly offered?: Readonly<Record<string, string>>;
  readonly held?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ready?: boolean;
}

export function node(name: string, { type = 'p5.48xlarge', address = '10.0.3.7', offered = { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '32' }, held = offered, labels = {}, ready = true }: NodeFacts = {}): object {
  return {
    metadata: { name, labels: { 'node.kubernetes.io/instance-type': type, 'topology.kubernetes.io/region': 'us-east-1', ...labels } },
    spec: { providerID: `aws:///us-east-1a/i-0${name.replace(/\D/g, '').padStart(16, '0')}` },
    status: { allocatable: offered, capacity: held, addresses: [{ type: 'InternalIP', address }], conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

export function daemonSet(name: string, image: string, ready: number, desired = ready): object {
  return {
    metadata: { namespace: 'kube-system', name, uid: `uid-${name}` },
    spec: { template: { spec: { containers: [{ name, image }] } } },
    status: { desiredNumberScheduled: desired, numberReady: ready },
  };
}

export interface Made {
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly namespace?: string;
  readonly metadata?: object;
}

export function metadata(name: string, { owner, namespace = 'ml', metadata: more = {} }: Made = {}): object {
  const ownerReferences = owner ? [{ ...owner, uid: `uid-${owner.kind}-${owner.name}`, controller: true }] : [];
  return { namespace, name, uid: `uid-${name}`, ownerReferences, ...more };
}

/** A container with eight GPUs, as a trainer has it. */
export function container(limits: Readonly<Record<string, string>> = { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '32' }, more: object = {}): object {
  return { name: 'trainer', image: 'example.com/trainer:1', resources: { limits }, ...more };
}

/** The plugins as they run on healthy nodes. */
export function plugins(nodes: number): readonly object[] {
  return [
    daemonSet('aws-efa-k8s-device-plugin', '602401143452.dkr.ecr.us-east-1.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.20', nodes),
    daemonSet('nvdp-nvidia-device-plugin', 'nvcr.io/nvidia/k8s-device-plugin:v0.17.0', nodes),
    daemonSet('kube-proxy', 'kube-proxy:v1.32', nodes),
  ];
}
