import { fabricOneWayTraffic } from '../../../rules/fabric/one-way-traffic.ts';
import { fabricRailImbalance } from '../../../rules/fabric/rail-imbalance.ts';
import { PEERS } from './join.ts';
import { WINDOW_SECONDS, workloadTraffic } from './recorded-traffic.ts';
import type { RecordingRule } from './rule-file.ts';
import { threshold } from './threshold.ts';

/** 1 for a node of a job that sends and receives nothing, 0 for one that sends and receives; no series where little is sent. */
export const ONE_WAY = 'node_workload:railmedic_infiniband_one_way:bool';
/** What a node moves, by what the median node of its job moves. */
export const SHARE = 'node_workload:railmedic_infiniband_bytes_of_median:ratio2m';

export const MIN_SHARE = threshold(fabricRailImbalance, 'medianRatio');
export const MIN_PEERS = threshold(fabricRailImbalance, 'minPorts');
/** 10 MB/s in the median: below it is no collective, but heartbeats and the like. */
const MIN_BYTES_PER_SECOND = 10_000_000;

const bytes = `(${workloadTraffic('transmit_bytes')} + ${workloadTraffic('receive_bytes')})`;
const median = `quantile by (${PEERS}) (0.5, ${bytes})`;

export const recordedPeers: readonly RecordingRule[] = [
  {
    record: ONE_WAY,
    expr: [
      `(${workloadTraffic('receive_packets')} == bool 0)`,
      `and ${workloadTraffic('transmit_packets')} * ${WINDOW_SECONDS} >= ${threshold(fabricOneWayTraffic, 'packets')}`,
    ].join('\n'),
  },
  { record: SHARE, expr: `${bytes}\n/ on (${PEERS}) group_left ()\n(${median} >= ${MIN_BYTES_PER_SECOND})` },
];
