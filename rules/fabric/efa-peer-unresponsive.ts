import type { Cause } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { portPairs, undecided } from '../rates.ts';
import { grouped } from '../words.ts';
import { portRises, vanishedUndecided } from './counter-rises.ts';

export const efaPeerUnresponsive = defineRule({
  name: 'EfaPeerUnresponsive',
  title: 'A peer of this EFA port stopped answering',
  severity: 'warning',
  page: 'rules/fabric/efa-peer-unresponsive.md',
  needs: ['infiniband'],
  // The card gives a peer up once; the window is long enough to hold that moment and packets of the other peers.
  clearAfterSeconds: 300,
  settings: { windowSeconds: 60 },
  *check(now, before, seconds) {
    for (const pair of portPairs(now.infiniband, before?.infiniband)) {
      if (!pair.device.isEfa) continue;
      const { by, gap } = portRises(pair, ['unresponsive_remote_events', 'rx_pkts']);
      const events = by['unresponsive_remote_events'] ?? 0n;
      const received = by['rx_pkts'] ?? 0n;
      // Without a packet received it is no single peer: FabricOneWayTraffic judges that.
      if (events > 0n && received > 0n) {
        yield {
          subject: pair.port.name,
          message:
            `peers stopped answering ${grouped(events)} ${events === 1n ? 'time' : 'times'} in ${grouped(seconds)} s, ` +
            `while ${grouped(received)} packets were received`,
          evidence: { directory: 'hw_counters', unresponsive_remote_events: events, rx_pkts: received },
          causes: CAUSES,
        };
      } else if (gap !== undefined) yield undecided(pair.port.name, gap);
    }
    yield* vanishedUndecided(now.infiniband);
  },
});

const EVENTS = 'aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue';

const CAUSES: readonly Cause[] = [
  {
    cause: 'peer-process-gone',
    likelihood: 'likely',
    why: 'a rank of the job ended or was killed while this one still sent to it; its pod says why',
    check: [
      'kubectl get pods -A -o wide --sort-by=.status.startTime | grep -v Running',
      'kubectl logs -n "$NAMESPACE" "$POD" | grep -E "Peer host id|completed with error"',
    ],
    fix: ['kubectl logs -n "$NAMESPACE" "$POD" --previous   # of the rank that ended; then restart the whole job'],
  },
  {
    cause: 'peer-node-failed',
    likelihood: 'possible',
    why: "the peer's instance or its EFA card failed: libfabric then reports 4124, connection previously established",
    check: ['kubectl get nodes', 'aws ec2 describe-instance-status --include-all-instances --instance-ids "$PEER_ID"'],
    fix: ['kubectl cordon "$PEER_NODE"'],
  },
  {
    cause: 'security-group-changed',
    likelihood: 'possible',
    why: 'a security group rule between this node and that peer was taken away while they talked',
    check: [
      `${EVENTS}=RevokeSecurityGroupEgress`,
      `${EVENTS}=RevokeSecurityGroupIngress`,
    ],
    fix: ['aws ec2 authorize-security-group-egress --group-id "$GROUP" --protocol -1 --source-group "$GROUP"'],
  },
];
