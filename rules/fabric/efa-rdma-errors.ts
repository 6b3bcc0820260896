import type { Cause } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { portPairs, undecided } from '../rates.ts';
import { grouped } from '../words.ts';
import { listed, portRises, risen, vanishedUndecided } from './counter-rises.ts';

export const efaRdmaErrors = defineRule({
  name: 'EfaRdmaErrors',
  title: 'EFA RDMA operations fail',
  severity: 'warning',
  page: 'rules/fabric/efa-rdma-errors.md',
  needs: ['infiniband'],
  // A collective fails all its outstanding operations within seconds: one window shows them as one number.
  clearAfterSeconds: 300,
  settings: { windowSeconds: 60 },
  *check(now, before, seconds) {
    for (const pair of portPairs(now.infiniband, before?.infiniband)) {
      if (!pair.device.isEfa) continue;
      const rises = portRises(pair, ['rdma_read_wr_err', 'rdma_write_wr_err']);
      const entries = risen(rises);
      if (entries.length > 0) {
        yield {
          subject: pair.port.name,
          message: `RDMA operations failed: ${listed(entries)} in ${grouped(seconds)} s`,
          evidence: { directory: 'hw_counters', ...Object.fromEntries(entries) },
          causes: CAUSES,
        };
      } else if (rises.gap !== undefined) yield undecided(pair.port.name, rises.gap);
    }
    yield* vanishedUndecided(now.infiniband);
  },
});

const LOG = 'kubectl logs -n "$NAMESPACE" "$POD" | grep -E "completed with error|prov_errno|Peer host id"';

const CAUSES: readonly Cause[] = [
  {
    cause: 'peer-gone',
    likelihood: 'likely',
    why: 'a peer ended while operations on its memory were under way: look for EfaPeerUnresponsive beside this',
    check: [LOG, 'kubectl get pods -A -o wide --sort-by=.status.startTime | grep -v Running'],
    fix: ['kubectl logs -n "$NAMESPACE" "$POD" --previous   # of the rank that ended first; then restart the whole job'],
  },
  {
    cause: 'remote-memory-refused',
    likelihood: 'possible',
    why: "the peer's memory was not registered for this access: a bug, or ranks with different EFA libraries",
    check: [LOG, 'kubectl logs -n "$NAMESPACE" "$POD" | grep -E "NET/OFI (Initializing|Using Libfabric)"'],
    fix: ['kubectl set image -n "$NAMESPACE" "$WORKLOAD" "$CONTAINER=$IMAGE"   # one image on all ranks'],
  },
  {
    cause: 'path-failed',
    likelihood: 'possible',
    why: 'the network gave the operation up after its retries: look for EfaImpairedPath or FabricOneWayTraffic beside this',
    check: ['railmedic diagnose --rules EfaImpairedPath,FabricOneWayTraffic,EfaPeerUnresponsive'],
    fix: [],
  },
];
