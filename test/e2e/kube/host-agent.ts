import { writeFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { start, until, type Running } from '../processes.ts';
import { projectAccount, tokenFor } from './accounts.ts';
import { API_URL, type Cluster } from './cluster.ts';
import { quickConfig } from './quick-config.ts';

const BUNDLE = resolve(import.meta.dirname, '../../../dist/railmedic.js');
/** As in a pod: the token is where kubelet puts it, in a mount namespace of the process's own. */
const IN_A_POD = 'mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount && mount --bind "$0" /run/secrets/kubernetes.io/serviceaccount && exec "$@"';

export interface AgentOptions {
  readonly directory: string;
  readonly node: string;
  readonly root: string;
  /** Where its token lies; made where it is not given. */
  readonly account?: string;
  /** In place of the token of a pod. */
  readonly kubeconfig?: string;
  readonly config?: string;
}

export interface HostAgent extends Running {
  readonly url: string;
  /** `railmedic_pod_info{namespace="default",…} 1`, comments left out. */
  metrics(): Promise<readonly string[]>;
  report(): Promise<AgentReport>;
}

export interface AgentReport {
  readonly sources: readonly { readonly name: string; readonly status: string; readonly why?: string }[];
  readonly findings: readonly {
    readonly rule: string;
    readonly state: string;
    readonly subject: string;
    readonly message: string;
    readonly pods: readonly { readonly name: string }[];
  }[];
}

/** The bundle on this machine, with the token of a pod, that looks every second. Waits until it has looked once. */
export async function startHostAgent(cluster: Cluster, options: AgentOptions): Promise<HostAgent> {
  const { directory, node, root, kubeconfig } = options;
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'railmedic.yaml');
  writeFileSync(config, options.config ?? quickConfig());
  const flags = { '--node-name': node, '--host-root': root, '--config': config, '--listen': '127.0.0.1:0', '--interval': '1s', '--state-dir': join(directory, 'state') };
  const command = [process.execPath, BUNDLE, 'agent', '--no-imds', ...Object.entries(flags).flat()];
  const agent = kubeconfig === undefined ? await inAPod(cluster, options, command) : start(node, 'env', ['KUBERNETES_SERVICE_HOST=', ...command, '--kubeconfig', kubeconfig]);
  const url = await until(`the address of the agent of ${node}`, () => /http:\/\/127\.0\.0\.1:\d+/.exec(agent.output())?.[0], 30);
  await until(`the first look of the agent of ${node}`, async () => ((await fetch(`${url}/readyz`)).ok ? true : undefined), 30);
  return { ...agent, url, metrics: () => metricsAt(url), report: () => reportAt(url) };
}

async function inAPod(cluster: Cluster, { directory, node, account }: AgentOptions, command: readonly string[]): Promise<Running> {
  const files = account ?? projectAccount(cluster, join(directory, 'account'), await tokenFor(cluster));
  const environment = [`KUBERNETES_SERVICE_HOST=${new URL(API_URL).hostname}`, 'KUBERNETES_SERVICE_PORT=443'];
  return start(node, 'unshare', ['--mount', '--propagation', 'private', 'env', ...environment, 'sh', '-c', IN_A_POD, files, ...command]);
}

export async function metricsAt(url: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5000) });
  return (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

export async function reportAt(url: string): Promise<AgentReport> {
  return (await (await fetch(`${url}/api/v1/report`, { signal: AbortSignal.timeout(5000) })).json()) as AgentReport;
}
