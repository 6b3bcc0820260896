import { NODE } from '../cluster.ts';
import { Installation } from '../installation.ts';
import type { Choice } from '../manifests.ts';
import type { PodObject } from '../objects.ts';
import { plantGpu } from '../planted-gpu.ts';
import type { Stage } from '../stage.ts';
import { DEVICE } from '../tree.ts';

/** The two other modes on the same node: each becomes ready, and sees what is promised of it and no more. */
export async function modes(stage: Stage): Promise<void> {
  const installation = await Installation.of(stage);
  const gpu = plantGpu(installation.tree.root, stage.directory);
  await forgetGpuProblem(stage);
  const begun = Date.now();
  if (await mode(stage, installation, { mode: 'restricted', ...gpu.settings }, { infiniband: 'ok', host: 'ok', pods: 'ok', 'nvidia-query': 'ok', 'kernel-log': 'failed', 'pod-resources': 'absent' })) {
    await judgesPartly(stage, installation, begun);
  }
  gpu.remove();
  await mode(stage, installation, { mode: 'privileged' }, { host: 'ok', pods: 'ok', 'kernel-log': 'ok', 'pod-resources': 'ok' });
}

async function mode(stage: Stage, installation: Installation, choice: Choice, expected: Readonly<Record<string, string>>): Promise<boolean> {
  const { checks } = stage;
  const name = choice.mode;
  await installation.apply(choice);
  const pod = await installation.readyPod();
  if (!checks.holds(`${name}: ready`, pod !== undefined, (await installation.pod())?.status)) return false;
  checks.equals(`${name}: one container`, pod?.status.containerStatuses?.length, 1);
  const { sources } = await installation.report(urlOf(pod));
  checks.say(`      ${sources.map(({ name: source, status, why }) => `${source} ${status}${status === 'ok' ? '' : ` (${why})`}`).join('; ')}`);
  const found = Object.fromEntries(Object.keys(expected).map((source) => [source, sources.find((one) => one.name === source)?.status]));
  checks.equals(`${name}: sees what is promised of it`, found, expected);
  const root = await installation.inside('railmedic', "try{require('fs').writeFileSync('/x','')}catch(e){console.log(e.code)}; console.log(process.getuid())");
  checks.equals(`${name}: cannot write its root; its user`, root.split('\n'), ['EROFS', name === 'restricted' ? '65532' : '0']);
  return true;
}

function urlOf(pod: PodObject | undefined): string {
  return `http://${pod?.status.podIP}:9477`;
}

/** An Xid stands for as long as its rule says, whoever set it. The agent that runs writes its conditions again only when one turns, or in minutes. */
async function forgetGpuProblem({ cluster }: Stage): Promise<void> {
  const patch = { status: { conditions: [{ type: 'GpuProblem', $patch: 'delete' }] } };
  await cluster.api.ask('PATCH', `/api/v1/nodes/${NODE}/status`, patch, 'application/strategic-merge-patch+json');
}

/** Without a kernel log the conditions say what the other sources tell: blind, the one would be Unknown at once and the other not come back. */
async function judgesPartly({ checks }: Stage, installation: Installation, begun: number): Promise<void> {
  const isNew = (time = ''): boolean => Date.parse(time) > begun;
  const healthy = await checks.within(40, async () => {
    const condition = await installation.condition();
    return condition?.status === 'False' && isNew(condition.lastHeartbeatTime) ? condition : undefined;
  });
  checks.equals('restricted: a healthy fabric is False', [healthy?.status, healthy?.reason], ['False', 'NoProblem']);
  const gpus = await installation.turned('False', 'GpuProblem');
  checks.say(`      ${gpus?.message}`);
  const isNamed = /; not seen: kernel-log \((?:EPERM|EACCES)\): GpuXid, NvSwitchSxid$/.test(gpus?.message ?? '');
  checks.holds('restricted: healthy GPUs are False, and the reason says that not all is seen', gpus?.reason === 'PartlySeen' && isNamed, gpus ?? (await installation.condition('GpuProblem')));
  installation.tree.receive(false);
  const ill = await installation.turned('True');
  checks.holds('restricted: a one-way port is True', ill?.reason === 'FabricOneWayTraffic' && ill.message.includes(DEVICE), ill ?? (await installation.condition()));
  installation.tree.receive(true);
  const healed = await installation.turned('False');
  checks.equals('restricted: and healed is False', healed?.reason, 'NoProblem');
}
