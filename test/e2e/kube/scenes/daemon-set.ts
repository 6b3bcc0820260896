import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { start } from '../../processes.ts';
import { Installation, memoryOf } from '../installation.ts';
import { eventsOf, podObject, type PodObject } from '../objects.ts';
import type { Stage } from '../stage.ts';
import { DEVICE } from '../tree.ts';
import { NODE, NODE_IP } from '../cluster.ts';

/** The real manifests, the built image, a real kubelet: ready, seen from outside, with the rights it should have, and it finds a fault. */
export async function daemonSet(stage: Stage): Promise<void> {
  const { checks } = stage;
  const installation = await Installation.of(stage);
  const pod = await installation.readyPod();
  if (!checks.holds('daemon set: ready', pod !== undefined, (await installation.pod())?.status)) {
    checks.say(await installation.log().catch(String));
    return;
  }
  checks.equals('daemon set: no container was restarted', restartsOf(pod), [0, 0]);
  const metrics = await installation.metrics();
  checks.holds(`daemon set: scraped at ${NODE_IP}:9477`, metrics.some((line) => line.startsWith('railmedic_build_info{')), metrics.slice(0, 3));
  const report = await installation.report();
  const statuses = Object.fromEntries(report.sources.map(({ name, status }) => [name, status]));
  checks.say(`      ${report.sources.map(({ name, status, why }) => `${name} ${status}${status === 'failed' ? ` (${why})` : ''}`).join(', ')}`);
  const expected = { infiniband: 'ok', host: 'ok', 'fabric-processes': 'ok', 'kernel-log': 'ok', pods: 'ok', 'pod-resources': 'ok' };
  checks.equals('daemon set: sees what the table of permissions says', Object.fromEntries(Object.keys(expected).map((name) => [name, statuses[name]])), expected);
  await confined(stage, installation);
  await memory(stage, installation, pod);
  checks.holds('daemon set: healthy is False', (await installation.turned('False')) !== undefined, await installation.condition());
  await fault(stage, installation);
}

function restartsOf(pod: PodObject | undefined): readonly number[] {
  return pod?.status.containerStatuses?.map(({ restartCount }) => restartCount) ?? [];
}

const TRIES = `
const f = require('fs'), said = {};
const attempt = (name, run) => { try { said[name] = String(run() ?? 'done'); } catch (error) { said[name] = error.code; } };
const status = f.readFileSync('/proc/self/status', 'utf8');
for (const name of ['CapEff', 'NoNewPrivs', 'Seccomp']) said[name] = status.match(new RegExp(name + ':\\\\s+(\\\\S+)'))[1];
attempt('write /', () => f.writeFileSync('/x', ''));
attempt('write /host/sys', () => f.writeFileSync('/host/sys/x', ''));
attempt('write /host/proc/sys/kernel/domainname', () => f.writeFileSync('/host/proc/sys/kernel/domainname', 'x'));
attempt('read /host/dev/kmsg', () => f.closeSync(f.openSync('/host/dev/kmsg', 2048)));
attempt('read /dev/kmsg', () => f.closeSync(f.openSync('/dev/kmsg', 2048)));
attempt('token', () => f.existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token'));
attempt('files of another user', () => f.readlinkSync('/host/proc/PID/fd/0'));
console.log(JSON.stringify(said));`;

/** By trying, in the containers themselves. */
async function confined({ checks }: Stage, installation: Installation): Promise<void> {
  const other = start('sleep', 'setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'sleep', '600']);
  const tries = TRIES.replace('PID', String(other.pid));
  const agent: unknown = JSON.parse(await installation.inside('railmedic', tries));
  checks.equals('daemon set: the agent is not privileged, and sees processes', agent, {
    // CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, nothing else.
    CapEff: '0000000000080004',
    NoNewPrivs: '1',
    Seccomp: '2',
    'write /': 'EROFS',
    'write /host/sys': 'EROFS',
    'write /host/proc/sys/kernel/domainname': 'EROFS',
    'read /host/dev/kmsg': 'EPERM',
    'read /dev/kmsg': 'ENOENT',
    token: 'true',
    'files of another user': '/dev/null',
  });
  const copier = JSON.parse(await installation.inside('kernel-log', tries)) as Readonly<Record<string, string>>;
  checks.equals('daemon set: the privileged container has the log, no token and no root to write', [copier['read /dev/kmsg'], copier['token'], copier['write /']], ['done', 'false', 'EROFS']);
  await other.stop();
}

async function memory({ checks }: Stage, installation: Installation, pod: PodObject | undefined): Promise<void> {
  for (const status of pod?.status.containerStatuses ?? []) checks.say(`      memory of ${status.name}: ${memoryOf(await installation.pidOf(status))}`);
}

/** A trainer that the scheduler placed and kubelet gave the device; then the device falls silent. */
async function fault({ cluster, checks }: Stage, installation: Installation): Promise<void> {
  await checks.within(20, async () => ((await cluster.api.get<{ status: { allocatable: Record<string, string> } }>(`/api/v1/nodes/${NODE}`)).status.allocatable['vpc.amazonaws.com/efa'] === '2' ? true : undefined));
  await cluster.api.create('/api/v1/namespaces/default/pods', podObject('trainer', { 'vpc.amazonaws.com/efa': '1' }));
  // Kubelet is asked once a minute.
  const held = await checks.within(75, async () => (await installation.metrics()).find((line) => line.startsWith('railmedic_pod_device_info{') && line.includes('trainer')));
  checks.holds('daemon set: kubelet says which pod has the device', held?.includes(`device="${DEVICE}"`) === true, (await installation.report()).sources.find(({ name }) => name === 'pod-resources'));
  installation.tree.receive(false);
  const ill = await installation.turned('True');
  checks.holds('daemon set: a planted fault turns the condition', ill?.reason === 'FabricOneWayTraffic', ill ?? (await installation.log()));
  const finding = (await installation.report()).findings.find(({ rule }) => rule === 'FabricOneWayTraffic');
  checks.equals('daemon set: the finding names the pod that has it', finding?.pods.map(({ name }) => name), ['trainer']);
  const told = await checks.within(15, async () => (await eventsOf(cluster, NODE)).find(({ regarding, reason }) => regarding.kind === 'Pod' && reason === 'FabricOneWayTraffic'));
  checks.equals('daemon set: and the pod has an Event', told?.regarding.name, 'trainer');
}

/** A line in the machine's real kernel log comes through the privileged container to the agent that may not read it. */
export async function kernelLog(stage: Stage): Promise<void> {
  const { cluster, checks } = stage;
  try {
    accessSync('/dev/kmsg', constants.W_OK);
  } catch (error) {
    checks.say(`      left out: /dev/kmsg cannot be written here (${String(error)})`);
    return;
  }
  const installation = await Installation.of(stage);
  await installation.readyPod();
  const bus = (Math.floor(Date.now() / 1000) % 0xe0) + 0x10;
  const address = `0000:${bus.toString(16)}:00`;
  writeFileSync('/dev/kmsg', `<3>NVRM: Xid (PCI:${address}): 48, pid=${process.pid}, name=railmedic-e2e, DBE (double bit error) ECC error\n`);
  const found = await checks.within(30, async () => (await installation.report()).findings.find(({ rule, subject }) => rule === 'GpuXid' && subject.includes(address)));
  checks.holds('kernel log: an Xid in /dev/kmsg is a finding', found?.state === 'firing', (await installation.report()).sources.find(({ name }) => name === 'kernel-log'));
  checks.say(`      ${found?.message}`);
  const condition = await installation.turned('True', 'GpuProblem');
  checks.equals('kernel log: and turns GpuProblem', condition?.reason, 'GpuXid');
  const events = await checks.within(15, async () => (await eventsOf(cluster, NODE)).find(({ reason, note }) => reason === 'GpuXid' && note.includes(address)));
  checks.holds('kernel log: and is told as an Event', events !== undefined, (await eventsOf(cluster, NODE)).map(({ reason, note }) => `${reason}: ${note.slice(0, 80)}`));
  checks.equals('kernel log: the boot is the node’s', await installation.inside('railmedic', "console.log(require('fs').readFileSync('/host/proc/sys/kernel/random/boot_id','utf8').trim())"), readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
}
