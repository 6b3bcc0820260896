import type { Cause, InfinibandDevice } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { portPairs, undecided } from '../rates.ts';
import { grouped } from '../words.ts';
import { portRises, vanishedUndecided } from './counter-rises.ts';

export const fabricReceiveDrops = defineRule({
  name: 'FabricReceiveDrops',
  title: 'Fabric port drops received packets',
  severity: 'warning',
  page: 'rules/fabric/receive-drops.md',
  needs: ['infiniband'],
  clearAfterSeconds: 300,
  // rx_drops: efa. ip4/ip6InDiscards: irdma. mlx5's out_of_buffer is left out: on a reliable connection a missing receive
  // buffer is answered with a "not ready" and sent again, which costs time and no data. soft-RoCE counts no drops.
  settings: { windowSeconds: 30, dropsPerSecond: 100, counters: ['rx_drops', 'ip4InDiscards', 'ip6InDiscards'] },
  *check(now, before, seconds, settings) {
    for (const pair of portPairs(now.infiniband, before?.infiniband)) {
      const { by, gap } = portRises(pair, settings.counters);
      const drops = Object.values(by).reduce((sum, count) => sum + count, 0n);
      const rate = seconds > 0 ? Number(drops) / seconds : 0;
      if (rate > settings.dropsPerSecond) {
        yield {
          subject: pair.port.name,
          message:
            `dropped ${grouped(drops)} received packets in ${grouped(seconds)} s ` +
            `(${grouped(rate)} a second, limit ${grouped(settings.dropsPerSecond)})`,
          evidence: { directory: 'hw_counters', ...by, dropsPerSecond: rate },
          causes: causes(pair.device),
        };
      } else if (gap !== undefined) yield undecided(pair.port.name, gap);
    }
    yield* vanishedUndecided(now.infiniband);
  },
});

function causes(device: InfinibandDevice): readonly Cause[] {
  return [
    {
      cause: 'receiver-too-slow',
      likelihood: 'likely',
      why: 'the job does not take packets as fast as they come: few receive buffers, a busy or wrongly pinned CPU thread',
      check: [
        'top -H -b -n 1 | head -30',
        `cat /sys/class/infiniband/${device.name}/device/numa_node`,
        'grep Cpus_allowed_list /proc/$PID/status',
      ],
      fix: ['kubectl set resources -n "$NAMESPACE" "$WORKLOAD" --requests=cpu="$CPUS" --limits=cpu="$CPUS"   # whole CPUs'],
    },
    {
      cause: 'stale-peers',
      likelihood: 'possible',
      why: 'packets for queue pairs that no longer exist: peers of an earlier run still send to this node',
      check: ['kubectl get pods -A -o wide | grep -v Completed', 'rdma resource show qp'],
      fix: ['kubectl delete pod -n "$NAMESPACE" -l "$OLD_JOB_LABEL"'],
    },
    {
      cause: 'incast',
      likelihood: 'possible',
      why: 'many senders at once onto one port: the rate comes and goes with the phases of the job',
      check: [`grep -H . /sys/class/infiniband/${device.name}/ports/1/hw_counters/rx_*`],
      fix: [],
    },
  ];
}
