import { ApiClient, type ClientOptions } from './client.ts';
import type { Credentials } from './credentials.ts';
import { kubeconfigCredentials } from './kubeconfig.ts';
import { serviceAccount } from './service-account.ts';

export interface KubernetesOptions {
  /** `--kubeconfig`; several are separated as in KUBECONFIG. */
  readonly kubeconfig?: string | undefined;
  /** Of the kubeconfig; its current one where none is named. */
  readonly context?: string | undefined;
  readonly nodeName: string;
  readonly version: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly onNode?: ClientOptions['onNode'];
}

/**
 * The API server by the first of: `--kubeconfig`, the service account of this pod, KUBECONFIG. In words why there is none
 * otherwise. `~/.kube/config` is not looked for: an agent must not act as the person who happens to own the node. Throws
 * for a kubeconfig that is named and cannot be used.
 */
export async function openKubernetes(options: KubernetesOptions): Promise<ApiClient | string> {
  const credentials = await findCredentials(options);
  if (typeof credentials === 'string') return credentials;
  return new ApiClient({
    credentials,
    nodeName: options.nodeName,
    userAgent: `railmedic/${options.version}`,
    ...(options.onNode && { onNode: options.onNode }),
  });
}

async function findCredentials({ kubeconfig, context, environment }: KubernetesOptions): Promise<Credentials | string> {
  if (kubeconfig !== undefined) return kubeconfigCredentials(kubeconfig, context);
  const account = serviceAccount(environment);
  if (typeof account !== 'string') return account;
  const named = environment['KUBECONFIG'];
  return named ? kubeconfigCredentials(named, context) : `${account} and no kubeconfig (--kubeconfig, KUBECONFIG)`;
}
