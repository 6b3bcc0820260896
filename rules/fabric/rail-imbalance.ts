import type { Cause, Infiniband, InfinibandDevice, Judgement } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { packetRise, portPairs, undecided, type PortPair } from '../rates.ts';
import { grouped } from '../words.ts';
import { portRises, vanishedUndecided } from './counter-rises.ts';

/** What a port sent and received between two looks. */
interface Load {
  readonly pair: PortPair;
  readonly moved: bigint;
}
interface Limits {
  readonly minPorts: number;
  readonly medianRatio: number;
  readonly minMedianBytes: number;
  readonly minMedianPackets: number;
}

// IB words of PMA's data counters are four bytes (IBTA PortCountersExtended).
const BYTE_COUNTERS = [
  { directory: 'hw_counters', names: ['tx_bytes', 'rx_bytes'], unitBytes: 1n },
  { directory: 'counters', names: ['port_xmit_data', 'port_rcv_data'], unitBytes: 4n },
] as const;

export const fabricRailImbalance = defineRule({
  name: 'FabricRailImbalance',
  title: 'One rail carries far less than the others',
  severity: 'warning',
  page: 'rules/fabric/rail-imbalance.md',
  needs: ['infiniband'],
  clearAfterSeconds: 120,
  // Below these medians nothing but set-up traffic moves, and that has no reason to be even.
  settings: { windowSeconds: 60, minPorts: 4, medianRatio: 0.1, minMedianBytes: 1_000_000, minMedianPackets: 1_000 },
  *check(now, before, seconds, settings) {
    yield* vanishedUndecided(now.infiniband);
    for (const [kind, pairs] of kinds(now.infiniband, before?.infiniband)) yield* judgeKind(kind, pairs, seconds, settings);
  },
});

function kinds(now: Infiniband, before: Infiniband | undefined): ReadonlyMap<string, readonly PortPair[]> {
  return Map.groupBy(portPairs(now, before), ({ device }) => kindOf(device));
}

/** Virtual devices have no driver link: `rxe0` and `rxe1` are `rxe`. */
function kindOf(device: InfinibandDevice): string {
  return device.driver ?? device.name.replace(/\d+$/, '');
}

function* judgeKind(kind: string, pairs: readonly PortPair[], seconds: number, limits: Limits): Generator<Judgement> {
  const inBytes = loads(pairs, movedBytes);
  const inPackets = loads(pairs, movedPackets);
  // One unit for all: bytes where every port that can be compared has them.
  const unit = inBytes.length > 0 && inBytes.length >= inPackets.length ? 'bytes' : 'packets';
  const all = unit === 'bytes' ? inBytes : inPackets;
  const judged = new Set(all.map(({ pair }) => pair));
  for (const pair of pairs) {
    if (!judged.has(pair)) yield undecided(pair.port.name, 'its traffic cannot be compared with an earlier look');
  }

  const busy = all.filter(({ moved }) => moved > 0n);
  const idle = all.filter(({ moved }) => moved === 0n);
  const median = medianOf(busy.map(({ moved }) => moved));
  const minMedian = unit === 'bytes' ? limits.minMedianBytes : limits.minMedianPackets;
  if (busy.length < limits.minPorts || Number(median) < minMedian) return;
  // Several idle rails are a job that was given fewer; a single one among busy ones was left out.
  const candidates = idle.length === 1 ? [...busy, ...idle] : busy;
  for (const { pair, moved } of candidates) {
    const ratio = Number(moved) / Number(median);
    if (ratio >= limits.medianRatio) continue;
    // A port that sends and hears nothing is told by FabricOneWayTraffic, with its causes.
    const packets = packetRise(pair);
    if (packets && packets.sent > 0n && packets.received === 0n) continue;
    yield {
      subject: pair.port.name,
      message:
        `carried ${grouped(moved)} ${unit} in ${grouped(seconds)} s: ${percent(ratio)} of ${grouped(median)}, ` +
        `the median of ${busy.length} busy ${kind} ports (limit ${percent(limits.medianRatio)})`,
      evidence: { unit, moved, median, ratio, busyPorts: busy.length },
      causes: causes(pair, pairs.length),
    };
  }
}

function loads(pairs: readonly PortPair[], measure: (pair: PortPair) => bigint | undefined): readonly Load[] {
  return pairs.flatMap((pair) => {
    const moved = measure(pair);
    return moved === undefined ? [] : [{ pair, moved }];
  });
}

function movedBytes(pair: PortPair): bigint | undefined {
  for (const { directory, names, unitBytes } of BYTE_COUNTERS) {
    const [sent, received] = Object.values(portRises(pair, names, directory).by);
    if (sent !== undefined && received !== undefined) return (sent + received) * unitBytes;
  }
  return undefined;
}

function movedPackets(pair: PortPair): bigint | undefined {
  const risen = packetRise(pair);
  return risen && risen.sent + risen.received;
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(1))} %`;
}

function medianOf(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0));
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0n;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n;
  return (lower + upper) / 2n;
}

function causes({ device, port }: PortPair, ports: number): readonly Cause[] {
  return [
    {
      cause: 'rail-not-used-by-job',
      likelihood: 'possible',
      why: 'the job was given, or chose, fewer devices than the node has, or jobs of unequal size share the node',
      check: ['kubectl logs -n "$NAMESPACE" "$POD" | grep "Selected [Pp]rovider is"', 'nvidia-smi topo -m'],
      fix: device.isEfa ? [`kubectl set resources -n "$NAMESPACE" "$WORKLOAD" --limits=vpc.amazonaws.com/efa=${ports}`] : [],
    },
    {
      cause: 'rail-impaired',
      likelihood: 'possible',
      why: 'the rail is slowed down or failing: other findings name the same device',
      check: [
        'railmedic diagnose --rules EfaImpairedPath,EfaCommandErrors,InfinibandLinkErrors,FabricReceiveDrops',
        `rdma statistic show link ${device.name}/${port.port}`,
      ],
      fix: ['kubectl drain "$NODE" --ignore-daemonsets --delete-emptydir-data'],
    },
  ];
}
