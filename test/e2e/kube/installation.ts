import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { start, type Running } from '../processes.ts';
import { NAMESPACE } from './accounts.ts';
import { NODE, NODE_IP } from './cluster.ts';
import { offerDevices } from './device-plugin.ts';
import { metricsAt, reportAt, type AgentReport } from './host-agent.ts';
import { forTheLab, manifestsOf, type Choice } from './manifests.ts';
import { conditionOf, type Condition, type ContainerStatus, type PodObject } from './objects.ts';
import type { Stage } from './stage.ts';
import { DEVICE, movingTree, type MovingTree } from './tree.ts';

const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const READY_SECONDS = 90;
/** For a second pod; the tree has none of that name. */
const OTHER_DEVICE = 'rdmap32s27';
const URL = `http://${NODE_IP}:9477`;

/** The DaemonSet as it is installed, on the node with the kubelet. */
export class Installation {
  static #only: Installation | undefined;
  readonly stage: Stage;
  readonly tree: MovingTree;
  /** What containerd tells: which container ended, and how. */
  readonly #events: Running;

  private constructor(stage: Stage, tree: MovingTree) {
    this.stage = stage;
    this.tree = tree;
    this.#events = start('ctr', join(stage.cluster.state, '../bin/ctr'), ['-a', this.#socket, '-n', 'k8s.io', 'events']);
  }

  /** Installs it where it is not, and waits until it is ready. */
  static async of(stage: Stage): Promise<Installation> {
    if (Installation.#only) return Installation.#only;
    const { cluster, directory } = stage;
    const installation = new Installation(stage, movingTree(directory));
    Installation.#only = installation;
    mkdirSync(installation.#state);
    await offerDevices(cluster, [DEVICE, OTHER_DEVICE]);
    await cluster.kubectl('label', 'node', NODE, 'railmedic/watch=true');
    await installation.apply({ mode: 'default' });
    return installation;
  }

  /** The processes that only it needed. */
  static async end(): Promise<void> {
    if (Installation.#only) await Installation.#only.#events.stop();
  }

  get #state(): string {
    return join(this.stage.directory, 'state');
  }

  get #socket(): string {
    return join(this.stage.cluster.state, 'run/c.sock');
  }

  async apply(choice: Choice): Promise<PodObject | undefined> {
    const { cluster, checks } = this.stage;
    await cluster.apply(forTheLab(manifestsOf(choice), this.tree.root, this.#state));
    await cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', 'daemonset/railmedic', `--timeout=${READY_SECONDS}s`).catch((error: unknown) => checks.broke(`${choice.mode}: rolls out`, error));
    return this.pod();
  }

  /** The agent's pod of this node that is not about to end. */
  async pod(): Promise<PodObject | undefined> {
    const { items } = await this.stage.cluster.api.get<{ items: readonly PodObject[] }>(`${PODS}?labelSelector=${encodeURIComponent('app.kubernetes.io/name=railmedic')}`);
    return items.find(({ metadata, spec }) => spec.nodeName === NODE && metadata.deletionTimestamp === undefined);
  }

  async readyPod(): Promise<PodObject | undefined> {
    return this.stage.checks.within(READY_SECONDS, async () => {
      const pod = await this.pod();
      const statuses = pod?.status.containerStatuses ?? [];
      return statuses.length > 0 && statuses.every(({ ready }) => ready) ? pod : undefined;
    });
  }

  metrics(): Promise<readonly string[]> {
    return metricsAt(URL);
  }

  report(url = URL): Promise<AgentReport> {
    return reportAt(url);
  }

  condition(type = 'GpuFabricProblem'): Promise<Condition | undefined> {
    return conditionOf(this.stage.cluster, NODE, type);
  }

  /** The condition when it has turned, or undefined. */
  turned(status: string, type = 'GpuFabricProblem', seconds = 40): Promise<Condition | undefined> {
    return this.stage.checks.within(seconds, async () => {
      const condition = await this.condition(type);
      return condition?.status === status ? condition : undefined;
    });
  }

  /** A line of JavaScript in a container of the agent's pod; what it prints. */
  async inside(container: string, script: string): Promise<string> {
    const pod = await this.pod();
    return (await this.stage.cluster.kubectl('-n', NAMESPACE, 'exec', pod?.metadata.name ?? '', '-c', container, '--', 'node', '-e', script)).trim();
  }

  async pidOf({ containerID = '' }: ContainerStatus): Promise<number> {
    const tasks = await this.stage.cluster.program('ctr', '-a', this.#socket, '-n', 'k8s.io', 'tasks', 'ls');
    const line = tasks.split('\n').find((one) => one.startsWith(containerID.replace('containerd://', '')));
    return Number(line?.trim().split(/\s+/)[1]);
  }

  /** The exit status that containerd told of, once it did. */
  exitStatusOf({ containerID = '' }: ContainerStatus): number | undefined {
    const id = containerID.replace('containerd://', '');
    const told = this.#events.output().split('\n').find((line) => line.includes('/tasks/exit') && line.includes(`"id":"${id}"`));
    if (told === undefined) return undefined;
    // Zero is left out, as protobuf does.
    return Number(/"exit_status":(\d+)/.exec(told)?.[1] ?? 0);
  }

  async log(container = 'railmedic'): Promise<string> {
    const pod = await this.pod();
    return this.stage.cluster.kubectl('-n', NAMESPACE, 'logs', pod?.metadata.name ?? '', '-c', container, '--tail=40');
  }
}

/** What a process holds, and what its cgroup is charged with, in MB. */
export function memoryOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const cgroup = /^\d+:memory:(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
  const usage = Number(readFileSync(`/sys/fs/cgroup/memory${cgroup}/memory.usage_in_bytes`, 'utf8')) / 1e6;
  const inactive = Number(/^total_inactive_file (\d+)$/m.exec(readFileSync(`/sys/fs/cgroup/memory${cgroup}/memory.stat`, 'utf8'))?.[1]) / 1e6;
  const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000;
  const own = Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1000;
  return `${resident.toFixed(0)} MB resident (${own.toFixed(0)} MB its own), working set of the cgroup ${(usage - inactive).toFixed(0)} MB`;
}
