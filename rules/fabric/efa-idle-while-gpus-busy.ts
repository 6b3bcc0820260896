import type { Cause, Gpu, Infiniband, Netdev, NvidiaQuery } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { packetRise, portPairs, undecided } from '../rates.ts';
import { grouped } from '../words.ts';

interface Flow {
  readonly name: string;
  readonly bytesPerSecond: number;
}

/** NCCL that fell back to TCP: the job runs, slowly, and nothing says so but the counters. */
export const efaIdleWhileGpusBusy = defineRule({
  name: 'EfaIdleWhileGpusBusy',
  title: 'GPUs are busy, EFA is idle and the traffic goes over TCP',
  severity: 'warning',
  page: 'rules/fabric/efa-idle-while-gpus-busy.md',
  needs: ['infiniband', 'netdev', 'nvidia-query'],
  // 20 MB/s: above what pulls, logs and metrics of a running job take, far below what a collective over TCP takes.
  settings: { windowSeconds: 120, busyRatio: 0.5, bytesPerSecond: 20_000_000 },
  *check(now, before, seconds, settings) {
    const fabric = efaTraffic(now.infiniband, before?.infiniband);
    if (fabric === 'none' || fabric === 'moves') return;
    const busy = busyThroughout(now['nvidia-query'], before?.['nvidia-query'], settings.busyRatio);
    const flows = tcpFlows(now.netdev, before?.netdev, seconds);
    const busiest = busy?.toSorted((a, b) => (b.busyRatio ?? 0) - (a.busyRatio ?? 0))[0];
    if (fabric === 'unknown' || busy === undefined || flows === undefined) {
      yield undecided('node', 'not every counter that this needs could be compared over the window');
      return;
    }
    const bytesPerSecond = flows.reduce((sum, flow) => sum + flow.bytesPerSecond, 0);
    if (busiest === undefined || bytesPerSecond <= settings.bytesPerSecond) return;
    const percent = grouped((busiest.busyRatio ?? 0) * 100);
    yield {
      subject: 'node',
      message:
        `${busy.length} of ${now['nvidia-query'].gpus.length} GPUs busy (GPU ${busiest.index}: ${percent} %), no EFA device ` +
        `moved a packet in ${grouped(seconds)} s, and ${describe(flows)} moved ${megabytes(bytesPerSecond)}`,
      evidence: {
        busyGpus: busy.map((gpu) => `GPU ${gpu.index}`),
        interfaces: flows.map((flow) => `${flow.name} ${megabytes(flow.bytesPerSecond)}`),
        bytesPerSecond: Math.round(bytesPerSecond),
        seconds,
      },
      causes: CAUSES,
    };
  },
});

function efaTraffic(now: Infiniband, before: Infiniband | undefined): 'none' | 'moves' | 'idle' | 'unknown' {
  const pairs = portPairs(now, before).filter(({ device }) => device.isEfa);
  if (pairs.length === 0) return 'none';
  const rises = pairs.map(packetRise);
  if (rises.some((rise) => rise !== undefined && rise.sent + rise.received > 0n)) return 'moves';
  return rises.includes(undefined) ? 'unknown' : 'idle';
}

/** GPUs that were busy at both ends of the window; undefined when no GPU says how busy it is (MIG, old drivers). */
function busyThroughout(
  now: NvidiaQuery,
  before: NvidiaQuery | undefined,
  busyRatio: number,
): readonly Gpu[] | undefined {
  const earlier = new Map(before?.gpus.map((gpu) => [gpu.uuid, gpu.busyRatio]));
  const comparable = now.gpus.filter((gpu) => gpu.busyRatio !== undefined && earlier.get(gpu.uuid) !== undefined);
  if (comparable.length === 0) return undefined;
  return comparable.filter((gpu) => Math.min(gpu.busyRatio ?? 0, earlier.get(gpu.uuid) ?? 0) >= busyRatio);
}

/** What the host's physical interfaces moved, both ways; undefined when none could be compared. */
function tcpFlows(now: Netdev, before: Netdev | undefined, seconds: number): readonly Flow[] | undefined {
  const earlier = new Map(before?.interfaces.map((candidate) => [candidate.name, candidate]));
  const flows = now.interfaces.flatMap((current) => {
    const past = earlier.get(current.name);
    if (!current.physical || past === undefined || past.mac !== current.mac) return [];
    const received = current.receiveBytes - past.receiveBytes;
    const transmitted = current.transmitBytes - past.transmitBytes;
    if (received < 0n || transmitted < 0n) return [];
    return [{ name: current.name, bytesPerSecond: Number(received + transmitted) / seconds }];
  });
  return flows.length > 0 && seconds > 0 ? flows : undefined;
}

function describe(flows: readonly Flow[]): string {
  const carrying = flows.filter((flow) => flow.bytesPerSecond > 0).map((flow) => flow.name);
  return carrying.length > 4 ? `${carrying.length} network interfaces` : carrying.join(', ');
}

function megabytes(bytesPerSecond: number): string {
  return `${grouped(bytesPerSecond / 1e6)} MB/s`;
}

const REQUESTS =
  'kubectl get pods -A -o custom-columns=' +
  "'NODE:.spec.nodeName,POD:.metadata.name,GPU:.spec.containers[*].resources.limits.nvidia\\.com/gpu," +
  "EFA:.spec.containers[*].resources.limits.vpc\\.amazonaws\\.com/efa'";
const TRANSPORT = [
  "kubectl get pods -A -o 'jsonpath={range .items[?(@.status.phase==\"Running\")]}{.metadata.namespace} {.metadata.name}{\"\\n\"}{end}' |",
  "while read -r ns pod; do kubectl logs -n \"$ns\" \"$pod\" --all-containers 2>&1 | grep -m1 -HE --label=\"$ns/$pod\" 'NET/Socket|NET/OFI Selected'; done",
].join(' ');

const CAUSES: readonly Cause[] = [
  {
    cause: 'efa-not-requested',
    likelihood: 'likely',
    why: 'the pod asks for GPUs but not for vpc.amazonaws.com/efa, so it sees no EFA device; ask for it in its limits',
    check: [REQUESTS],
    fix: [],
  },
  {
    cause: 'plugin-missing',
    likelihood: 'possible',
    why: "aws-ofi-nccl or libfabric is missing in the image or did not start: the job's log then says NET/Socket",
    check: [TRANSPORT],
    fix: [],
  },
  {
    cause: 'single-node-job',
    likelihood: 'possible',
    why: 'the job runs on this node alone (over NVLink), and the traffic is its data or checkpoints: then nothing is wrong',
    check: ['kubectl get pods -A -o wide'],
    fix: [],
  },
];
