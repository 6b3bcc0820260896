import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentRules, type RbacOptions } from '../../../deploy/kubernetes/source/rbac.ts';
import { API_URL, type Cluster } from './cluster.ts';

export const NAMESPACE = 'railmedic';
export const ACCOUNT = 'railmedic';

/** A token of a service account, as kubelet would ask for it (TokenRequest; `kubectl create token` came with 1.24). */
export async function tokenFor({ api }: Cluster, account = ACCOUNT, boundTo?: { readonly name: string; readonly uid: string }): Promise<string> {
  const bound = boundTo && { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', ...boundTo } };
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3607, audiences: [], ...bound } };
  const answer = await api.create<{ status: { token: string } }>(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`, request);
  return answer.status.token;
}

/** The directory that kubelet projects into a pod. */
export function projectAccount(cluster: Cluster, directory: string, token: string): string {
  mkdirSync(directory, { recursive: true });
  copyFileSync(cluster.caFile(), join(directory, 'ca.crt'));
  writeFileSync(join(directory, 'namespace'), NAMESPACE);
  replaceToken(directory, token);
  return directory;
}

/** At once, as kubelet does it: no reader sees half a token. */
export function replaceToken(directory: string, token: string): void {
  writeFileSync(join(directory, 'token.new'), token);
  renameSync(join(directory, 'token.new'), join(directory, 'token'));
}

const RBAC = 'rbac.authorization.k8s.io';

/** An account with a role and a name of its own, so that what it asks can be told from what others ask. */
export async function makeAccount({ api }: Cluster, name: string, role: string): Promise<void> {
  const metadata = { name, namespace: NAMESPACE };
  await api.create(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  await api.create(`/apis/${RBAC}/v1/clusterrolebindings`, binding('ClusterRole', role, name));
}

/** Binds the Role of that name in the agent's namespace as well. */
export async function bindHere({ api }: Cluster, account: string, role: string): Promise<void> {
  await api.create(`/apis/${RBAC}/v1/namespaces/${NAMESPACE}/rolebindings`, binding('Role', role, account));
}

function binding(kind: 'ClusterRole' | 'Role', role: string, account: string): object {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: `${kind}Binding`,
    metadata: { name: account },
    roleRef: { apiGroup: RBAC, kind, name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
  };
}

/** The agent's role as an option makes it, under another name. */
export async function makeAgentRole({ api }: Cluster, name: string, options: RbacOptions): Promise<void> {
  await api.create(`/apis/${RBAC}/v1/clusterroles`, { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name }, rules: agentRules(options) });
}

/** A kubeconfig that reads the token of a projected account anew, as a person would write it. */
export function kubeconfigText(account: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server: API_URL, 'certificate-authority': join(account, 'ca.crt') } }],
    users: [{ name: 'agent', user: { tokenFile: join(account, 'token') } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'agent' } }],
    'current-context': 'lab',
  };
  return JSON.stringify(config);
}
