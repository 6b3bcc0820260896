import { homedir } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '../../assets.ts';
import { ownFileExists } from '../../host/own-files.ts';
import type { ApiClient } from '../../kubernetes/client.ts';
import { openKubernetes } from '../../kubernetes/open.ts';
import { UsageError } from '../../rule-names.ts';

/**
 * The API server as kubectl would find it: `--kubeconfig`, KUBECONFIG, ~/.kube/config, the service account of this pod. A
 * person calls this, who means their own cluster; the agent never looks into a home directory.
 */
export async function openForPerson(kubeconfig: string | undefined, context: string | undefined, environment = process.env): Promise<ApiClient> {
  const home = join(environment['HOME'] ?? homedir(), '.kube/config');
  const path = kubeconfig ?? (environment['KUBECONFIG'] || (ownFileExists(home) ? home : undefined));
  const api = await openKubernetes({ kubeconfig: path, context, nodeName: '', version: VERSION, environment });
  if (typeof api === 'string') throw new UsageError(`preflight --cluster: no cluster: ${api}, nor ${home}`);
  return api;
}
