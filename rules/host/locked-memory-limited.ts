import type { Cause, FabricProcess } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { cannotTell, undecided } from '../rates.ts';
import { grouped } from '../words.ts';

// The command is text of the process's own choosing: its length is bounded here, exporters escape it.
const COMMAND_LENGTH = 64;
const DROP_IN = '/etc/systemd/system/containerd.service.d';

export const lockedMemoryLimited = defineRule({
  name: 'LockedMemoryLimited',
  title: 'A fabric process may lock too little memory',
  severity: 'warning',
  page: 'rules/host/locked-memory-limited.md',
  needs: ['fabric-processes'],
  uses: ['infiniband'],
  // AWS's guides set "unlimited"; 64 KiB, an old default, is known to abort jobs (awsome-distributed-ai issue 647). Nobody
  // publishes what a job needs in between: 16 GiB is our line.
  settings: { minimumBytes: 16 * 2 ** 30 },
  *check(now, _before, _seconds, settings) {
    const { processes, hiddenCount } = now['fabric-processes'];
    for (const process of processes) {
      const subject = subjectOf(process);
      const limit = process.maxLockedMemoryBytes;
      if (limit === undefined) yield undecided(subject, `cannot read the limits of pid ${process.pid}`);
      else if (limit < settings.minimumBytes) {
        yield {
          subject,
          message: `may lock ${grouped(limit)} bytes of memory, at least ${grouped(settings.minimumBytes)} are expected`,
          evidence: {
            file: `/proc/${process.pid}/limits`,
            maxLockedMemoryBytes: limit,
            minimumBytes: settings.minimumBytes,
            devices: process.devices,
            ...(process.podUid === undefined ? {} : { podUid: process.podUid }),
            ...(process.containerId === undefined ? {} : { containerId: process.containerId }),
          },
          causes: causes(process),
        };
      }
    }
    // On a node without fabric nothing is hidden; where processes that use it are seen, the hidden ones are mostly not of them.
    if (hiddenCount > 0 && processes.length === 0 && (now.infiniband?.devices.length ?? 0) > 0) {
      const count = `${grouped(hiddenCount)} ${hiddenCount === 1 ? 'process' : 'processes'}`;
      yield cannotTell('node', `may not look into ${count}: one could use the fabric with too low a limit`);
    }
  },
});

function subjectOf({ pid, command }: FabricProcess): string {
  return `pid ${pid} (${command.slice(0, COMMAND_LENGTH)})`;
}

function causes({ pid, containerId }: FabricProcess): readonly Cause[] {
  const limits = `grep 'Max locked memory' /proc/${pid}/limits`;
  // A process with CAP_IPC_LOCK passes the limit (drivers/infiniband/core/umem.c): bit 14 of CapEff.
  const capabilities = `capsh --decode=$(awk '/CapEff/{print $2}' /proc/${pid}/status) | grep -o cap_ipc_lock`;
  const raise: Cause = {
    cause: 'limit-of-this-process',
    likelihood: 'possible',
    why: 'a shell, an sshd or a batch system between boot and the process lowered the limit for what it starts',
    check: [limits, capabilities],
    fix: [`prlimit --pid ${pid} --memlock=unlimited:unlimited   # this process, now; what failed already stays failed`],
  };
  if (containerId === undefined) return [{ ...raise, likelihood: 'likely' }];
  return [
    {
      cause: 'container-runtime-limit',
      likelihood: 'likely',
      why: "a container inherits its runtime's limit, and Kubernetes has no field for it",
      check: [limits, 'systemctl show containerd --property LimitMEMLOCK', capabilities],
      fix: [
        `mkdir -p ${DROP_IN}`,
        String.raw`printf '[Service]\nLimitMEMLOCK=infinity\n' > ${DROP_IN}/memlock.conf`,
        'systemctl daemon-reload && systemctl restart containerd   # then delete the pod, so that it starts anew',
      ],
    },
    raise,
  ];
}
