import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { lastWords, stopAll } from '../processes.ts';
import { ACCOUNT, NAMESPACE } from './accounts.ts';
import { Checks } from './checks.ts';
import { Cluster } from './cluster.ts';
import { imageArchive } from './image.ts';
import { Installation } from './installation.ts';
import { rightsOfTheAgent } from './manifests.ts';
import { audit } from './scenes/audit.ts';
import { conditions } from './scenes/conditions.ts';
import { daemonSet, kernelLog } from './scenes/daemon-set.ts';
import { drain } from './scenes/drain.ts';
import { eviction } from './scenes/eviction.ts';
import { modes } from './scenes/modes.ts';
import { outage } from './scenes/outage.ts';
import { podLogs } from './scenes/pod-logs.ts';
import { pods } from './scenes/pods.ts';
import { Rest } from './scenes/rest.ts';
import { rights } from './scenes/rights.ts';
import { rollout } from './scenes/rollout.ts';
import { taint } from './scenes/taint.ts';
import { tokens } from './scenes/tokens.ts';
import type { Stage } from './stage.ts';

type Scene = (stage: Stage) => Promise<void>;

/** Each on Nodes of its own that exist in the API only; they mostly wait, and so play at once. */
const TOGETHER: Readonly<Record<string, Scene>> = { rights, conditions, taint, pods, tokens };
/** On the node with a kubelet, one after the other; kubelet takes its time for an eviction, in which the agent may well be replaced. */
const ON_THE_NODE: Readonly<Record<string, Scene>> = { 'daemon-set': daemonSet, 'kernel-log': kernelLog, rollout: together(rollout, eviction), drain, 'pod-logs': podLogs, modes, audit };
/** What everybody else would notice. */
const LAST: Readonly<Record<string, Scene>> = { outage };
/** From here on the agent at rest is seen to send its heartbeat. */
const REST_SECONDS = 360;
const NAMES = ['rest', ...[TOGETHER, ON_THE_NODE, LAST].flatMap((scenes) => Object.keys(scenes))];

const chosen = (process.env['KUBE_SCENES'] ?? NAMES.join()).split(',');
const unknown = chosen.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) throw new Error(`KUBE_SCENES: got ${unknown.join()}, expected some of ${NAMES.join()}`);
if (!existsSync(resolve(import.meta.dirname, '../../../dist/railmedic.js'))) throw new Error('run npm run build first: dist/railmedic.js is missing');

const checks = new Checks();
const cluster = new Cluster(resolve(process.env['KUBE_WORK'] ?? resolve(import.meta.dirname, '../../../.work/kube')));
const scratch = mkdtempSync(join(tmpdir(), 'railmedic-kube-'));

cluster.refuseSecond();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
// Whatever ends this: nothing stays behind.
process.once('exit', () => {
  void stopAll();
  cluster.down();
  rmSync(scratch, { recursive: true, force: true });
});
try {
  await play();
  process.exitCode = checks.verdict();
} finally {
  // Those that came to their end have stopped theirs.
  console.log(lastWords());
  await stopAll();
}

async function play(): Promise<void> {
  const wanted = (scenes: Readonly<Record<string, Scene>>): [string, Scene][] => Object.entries(scenes).filter(([name]) => chosen.includes(name));
  const image = wanted(ON_THE_NODE).length > 0 ? await imageArchive(checks) : '';
  for (const script of ['build.sh', 'pause-image.sh']) await cluster.lab(script);
  await cluster.lab('cluster.sh', 'up-control-plane');
  checks.say('the control plane is up');
  await cluster.apply(rightsOfTheAgent());
  await checks.within(30, async () => ((await cluster.api.ask('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200 ? true : undefined));
  checks.say(`the agents act as ${NAMESPACE}/${ACCOUNT}`);
  const rest = chosen.includes('rest') ? await Rest.begin(stageOf('rest', image)) : undefined;
  await Promise.all(wanted(TOGETHER).map(([name, scene]) => perform(name, () => scene(stageOf(name, image)))));
  if (wanted(ON_THE_NODE).length > 0) {
    await cluster.lab('cluster.sh', 'up-node', image);
    checks.say('the node is up');
  }
  for (const [name, scene] of wanted(ON_THE_NODE)) await perform(name, () => scene(stageOf(name, image)));
  await Installation.end();
  if (rest) await perform('rest', () => rest.end(Number(process.env['KUBE_REST_SECONDS'] ?? REST_SECONDS)));
  for (const [name, scene] of wanted(LAST)) await perform(name, () => scene(stageOf(name, image)));
}

function together(...scenes: readonly Scene[]): Scene {
  return async (stage) => void (await Promise.all(scenes.map((scene) => scene(stage))));
}

function stageOf(name: string, image: string): Stage {
  const directory = join(scratch, name);
  mkdirSync(directory, { recursive: true });
  return { cluster, checks, directory, image };
}

/** A scene that throws fails, and the others go on. */
async function perform(name: string, scene: () => Promise<void>): Promise<void> {
  checks.say(`SCENE ${name}`);
  try {
    await scene();
    checks.say(`SCENE ${name} done`);
  } catch (error) {
    checks.broke(`scene ${name} came to its end`, error);
  }
}
