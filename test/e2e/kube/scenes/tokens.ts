import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubeconfigText, NAMESPACE, projectAccount, replaceToken, tokenFor } from '../accounts.ts';
import { Api } from '../api.ts';
import { API_URL } from '../cluster.ts';
import { startHostAgent } from '../host-agent.ts';
import { conditionOf, makeNode, nodeOf } from '../objects.ts';
import type { Stage } from '../stage.ts';
import { movingTree } from '../tree.ts';

/** The token changes under the agent, once in time and once too late, as a pod's and as a kubeconfig's. */
export async function tokens(stage: Stage): Promise<void> {
  await Promise.all([rotated({ ...stage, directory: join(stage.directory, 'pod') }, 'gpu-4', false), rotated({ ...stage, directory: join(stage.directory, 'kubeconfig') }, 'gpu-5', true)]);
}

async function rotated(stage: Stage, node: string, isKubeconfig: boolean): Promise<void> {
  const { cluster, checks, directory } = stage;
  const who = isKubeconfig ? 'tokens (kubeconfig)' : 'tokens (pod)';
  await makeNode(cluster, node);
  const tree = movingTree(directory);
  const first = await revocable(stage, `${node}-first`);
  const account = projectAccount(cluster, join(directory, 'account'), first.token);
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigText(account));
  const agent = await startHostAgent(cluster, { directory, node, root: tree.root, ...(isKubeconfig ? { kubeconfig } : { account }) });
  const turned = async (status: string): Promise<boolean> =>
    (await checks.within(20, async () => ((await conditionOf(cluster, node, 'GpuFabricProblem'))?.status === status ? true : undefined))) === true;
  checks.holds(`${who}: works with its first token`, await turned('False'), (await nodeOf(cluster, node)).status.conditions);

  const second = await revocable(stage, `${node}-second`);
  replaceToken(account, second.token);
  await first.revoke();
  const refusals = await refused(agent);
  tree.receive(false);
  checks.holds(`${who}: goes on with the second when the first is revoked`, await turned('True'), agent.output().slice(-600));
  checks.equals(`${who}: without one refusal`, await refused(agent), refusals);

  await second.revoke();
  tree.receive(true);
  checks.holds(`${who}: is refused without a token that holds`, (await checks.within(20, async () => ((await refused(agent)) > refusals ? true : undefined))) === true, agent.output().slice(-600));
  replaceToken(account, await tokenFor(cluster));
  checks.holds(`${who}: comes back with the third, without a restart`, await turned('False'), agent.output().slice(-600));
  await agent.stop();
}

/** A token that ends when the Secret it is bound to does. */
async function revocable({ cluster, checks }: Stage, name: string): Promise<{ readonly token: string; revoke(): Promise<void> }> {
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets`;
  const { metadata } = await cluster.api.create<{ metadata: { uid: string } }>(path, { apiVersion: 'v1', kind: 'Secret', metadata: { name } });
  const token = await tokenFor(cluster, undefined, { name, uid: metadata.uid });
  return {
    token,
    async revoke() {
      await cluster.api.remove(`${path}/${name}`);
      const api = new Api(API_URL, cluster.pki, { token });
      // The server takes a token it has seen for good for ten seconds more.
      const isOver = await checks.within(30, async () => ((await api.ask('GET', '/api/v1/nodes/gpu-1')).status === 401 ? true : undefined));
      if (isOver !== true) throw new Error(`the API server still takes the token of the deleted Secret ${name}`);
    },
  };
}

async function refused(agent: { metrics(): Promise<readonly string[]> }): Promise<number> {
  const lines = (await agent.metrics()).filter((line) => line.startsWith('railmedic_kubernetes_requests_total') && line.includes('status="401"'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
