import type { Cause, Counters, Evidence } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { portPairs, undecided } from '../rates.ts';
import { grouped } from '../words.ts';
import { portRises, vanishedUndecided } from './counter-rises.ts';

const COUNTERS = ['impaired_remote_conn_events', 'retrans_pkts', 'tx_pkts', 'retrans_timeout_events'];

export const efaImpairedPath = defineRule({
  name: 'EfaImpairedPath',
  title: 'EFA path is impaired',
  severity: 'warning',
  page: 'rules/fabric/efa-impaired-path.md',
  needs: ['infiniband'],
  clearAfterSeconds: 300,
  // Neither AWS nor the driver states a healthy ratio: 1 % is ours. Below 10 000 packets a few retries would decide.
  settings: { windowSeconds: 60, retransmittedRatio: 0.01, minSentPackets: 10_000 },
  *check(now, before, seconds, settings) {
    for (const pair of portPairs(now.infiniband, before?.infiniband)) {
      if (!pair.device.isEfa) continue;
      const { by, gap } = portRises(pair, COUNTERS);
      const facts = judge(by, settings);
      if (facts.length > 0) {
        yield {
          subject: pair.port.name,
          message: `${facts.join('; ')} in ${grouped(seconds)} s`,
          evidence: evidence(by),
          causes: causes(pair.device.name, pair.port.port),
        };
      } else if (gap !== undefined) yield undecided(pair.port.name, gap);
    }
    yield* vanishedUndecided(now.infiniband);
  },
});

function judge(by: Counters, settings: { retransmittedRatio: number; minSentPackets: number }): readonly string[] {
  const impaired = by['impaired_remote_conn_events'] ?? 0n;
  const facts: string[] = [];
  if (impaired > 0n) {
    facts.push(`connections became impaired and were slowed down ${grouped(impaired)} ${impaired === 1n ? 'time' : 'times'}`);
  }
  const sent = by['tx_pkts'] ?? 0n;
  const ratio = retransmittedRatio(by);
  if (ratio !== undefined && ratio > settings.retransmittedRatio && Number(sent) >= settings.minSentPackets) {
    const limit = percent(settings.retransmittedRatio);
    facts.push(`${percent(ratio)} of ${grouped(sent)} packets were sent again (limit ${limit})`);
  }
  return facts;
}

function retransmittedRatio(by: Counters): number | undefined {
  const { retrans_pkts: again, tx_pkts: sent } = by;
  return again === undefined || sent === undefined || sent === 0n ? undefined : Number(again) / Number(sent);
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(1))} %`;
}

function evidence(by: Counters): Evidence {
  const ratio = retransmittedRatio(by);
  return { directory: 'hw_counters', ...by, ...(ratio === undefined ? {} : { retransmittedRatio: ratio }) };
}

function causes(device: string, port: number): readonly Cause[] {
  const counters = `grep -H . /sys/class/infiniband/${device}/ports/${port}/hw_counters/{tx_pkts,retrans_*,impaired_*}`;
  return [
    {
      cause: 'peer-impaired',
      likelihood: 'possible',
      why: 'one peer receives badly: every port that talks to it shows this, and that peer reports drops of its own',
      check: [counters, 'railmedic diagnose --rules EfaImpairedPath,FabricReceiveDrops   # on the peers'],
      fix: ['kubectl cordon "$PEER_NODE"   # and let the job restart without it'],
    },
    {
      cause: 'network-path',
      likelihood: 'possible',
      why: 'a lossy or congested path from this card to its peers: one port of the node shows it, the others do not',
      check: [counters, 'aws ec2 describe-instances --instance-ids "$INSTANCE_ID" --query "Reservations[].Instances[].Placement"'],
      fix: ['aws ec2 create-placement-group --group-name "$GROUP" --strategy cluster   # then launch the nodes into it'],
    },
    {
      cause: 'card-impaired',
      likelihood: 'possible',
      why: 'this card itself: the finding stays on the same device from job to job, whoever its peers are',
      check: [counters, `cat /sys/class/infiniband/${device}/hw_counters/cmds_err`],
      fix: [
        'kubectl drain "$NODE" --ignore-daemonsets --delete-emptydir-data',
        'aws ec2 terminate-instances --instance-ids "$INSTANCE_ID"   # its node group replaces it',
      ],
    },
  ];
}
