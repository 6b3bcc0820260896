import type { Cause, InfinibandDevice } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';
import { grouped } from '../words.ts';
import { deviceRises, listed, risen, vanishedUndecided, type Rises } from './counter-rises.ts';
import { unreadablePortCounters } from './unreadable-port-counters.ts';

// Counted by other rules. Drivers before 1.14.0 show the port's counters in the device's directory too.
const OTHERS = new Set(['create_ah_err', 'rdma_read_wr_err', 'rdma_write_wr_err']);

export const efaCommandErrors = defineRule({
  name: 'EfaCommandErrors',
  title: 'EFA device refuses commands',
  severity: 'warning',
  page: 'rules/fabric/efa-command-errors.md',
  needs: ['infiniband'],
  // A failing job tries a few times within a minute: one window shows the burst as one number.
  clearAfterSeconds: 300,
  settings: { windowSeconds: 60 },
  *check(now, before, seconds) {
    for (const device of now.infiniband.devices) {
      if (!device.isEfa) continue;
      const earlier = before?.infiniband.devices.find((candidate) => candidate.name === device.name);
      // Reading port counters is itself a command (GET_STATS): where it fails, cmds_err grows by our own look.
      const unreadable = unreadablePortCounters(device) ?? (earlier && unreadablePortCounters(earlier));
      const rises = ownRises(deviceRises(device, earlier, names(device, earlier)));
      const entries = risen(rises);
      if (unreadable) {
        yield undecided(device.name, 'its port counters cannot be read, and trying to read them raises cmds_err');
      } else if (entries.length > 0) {
        yield {
          subject: device.name,
          message: `commands to the card failed: ${listed(entries)} in ${grouped(seconds)} s`,
          evidence: { directory: 'hw_counters', ...Object.fromEntries(entries) },
          causes: causes(device, new Set(entries.map(([name]) => name))),
        };
      } else if (rises.gap !== undefined) yield undecided(device.name, rises.gap);
    }
    yield* vanishedUndecided(now.infiniband);
  },
});

function names(device: InfinibandDevice, earlier: InfinibandDevice | undefined): readonly string[] {
  const files = Object.keys(device.unreadable).filter((path) => path.startsWith('hw_counters/'));
  const all = [device.counters, earlier?.counters ?? {}].flatMap((counters) => Object.keys(counters));
  const known = new Set([...all, ...files.map((path) => path.slice('hw_counters/'.length))]);
  const judged = [...known].filter((name) => (name === 'cmds_err' || name.endsWith('_err')) && !OTHERS.has(name));
  return [...judged.toSorted(), 'create_ah_err'];
}

/** A refused CREATE_AH raises cmds_err too (efa_com.c, efa_com_cmd_exec); it is EfaAddressHandleErrors' story. */
function ownRises({ by, gap }: Rises): Rises {
  const { create_ah_err: addressHandles = 0n, ...own } = by;
  const commands = own['cmds_err'];
  if (commands === undefined) return { by: own, gap };
  return { by: { ...own, cmds_err: commands > addressHandles ? commands - addressHandles : 0n }, gap };
}

function causes(device: InfinibandDevice, risenNames: ReadonlySet<string>): readonly Cause[] {
  const log = `dmesg -T | grep -E 'infiniband ${device.name}|efa ${device.pciAddress ?? device.name}' | tail -20`;
  const likely = (...counters: readonly string[]) =>
    counters.some((name) => risenNames.has(name)) ? 'likely' : 'possible';
  const all: readonly Cause[] = [
    {
      cause: 'memory-registration',
      likelihood: likely('reg_mr_err', 'alloc_mr_err', 'get_dma_mr_err'),
      why: 'memory could not be registered: no room to lock it (error -12), or GPU memory that cannot be shared (-22)',
      check: [log, 'grep "Max locked memory" /proc/$PID/limits', `cat /sys/class/infiniband/${device.name}/device/p2p`],
      fix: ['systemctl edit containerd   # [Service] LimitMEMLOCK=infinity; then restart containerd and the pods'],
    },
    {
      cause: 'resources-exhausted',
      likelihood: likely('alloc_pd_err', 'alloc_ucontext_err', 'create_qp_err', 'create_cq_err', 'mmap_err'),
      why: 'no protection domain, context, queue pair or completion queue is left (error -12): too many, or leaking, processes',
      check: [log, 'rdma resource show', 'fuser -v /dev/infiniband/uverbs*'],
      fix: ['kubectl delete pod -n "$NAMESPACE" "$POD"   # of the process that holds the most'],
    },
    {
      cause: 'unsupported-request',
      likelihood: 'possible',
      why: 'the job asks for what this card or its driver does not have (error -22 or -95): an image newer than the node',
      check: [log, `cat /sys/class/infiniband/${device.name}/device/driver/module/version`],
      fix: [],
    },
  ];
  return all.toSorted((one, other) => rank(one) - rank(other));
}

function rank(cause: Cause): number {
  return cause.likelihood === 'likely' ? 0 : 1;
}
