import type { Cause, GpuProcess } from '../../agent/model.ts';
import { DRAIN, REBOOT } from './commands.ts';
import type { WhichGpu } from './which-gpu.ts';
import type { Xid } from './xid-catalogue.ts';

const KERNEL_LOG = "dmesg -T | grep -E 'NVRM|SXid|AER|pcieport' | tail -50";
/** What NVIDIA says to restart: a reset of the GPU alone does not mend it. */
const RESTARTS: ReadonlySet<string | undefined> = new Set(['RESTART_BM', 'RESTART_VM']);

/** What can be behind an Xid, by its class and the process it names. */
export function xidCauses(xid: Xid | undefined, gpu: WhichGpu, processes: readonly GpuProcess[], several: boolean): readonly Cause[] {
  if (xid?.xid === 45) return [followsAnother()];
  const program = programFault(processes, several);
  const card = cardFault(xid, gpu, several);
  if (xid?.class === 'hardware') return [card];
  return several ? [card, program] : [program, card];
}

function followsAnother(): Cause {
  return {
    cause: 'follows-another-xid',
    likelihood: 'likely',
    why: 'the driver clears the channels of a program that ended or whose GPU failed; the Xid before it is the fault',
    check: [KERNEL_LOG, 'systemctl status nvidia-fabricmanager'],
    fix: [],
  };
}

function programFault(processes: readonly GpuProcess[], several: boolean): Cause {
  const pods = processes.flatMap(({ podUid }) => (podUid === undefined ? [] : [podUid]));
  const containers = processes.flatMap(({ containerId }) => (containerId === undefined ? [] : [containerId]));
  const which = 'kubectl get pods -A -o custom-columns=UID:.metadata.uid,NAMESPACE:.metadata.namespace,NAME:.metadata.name';
  return {
    cause: 'program-fault',
    likelihood: several ? 'possible' : 'likely',
    why: 'one program read or wrote where it may not, or was ended; the GPU goes on for others',
    check: [
      ...pods.slice(0, 1).map((uid) => `${which} | grep ${uid}`),
      ...containers.slice(0, 1).map((id) => `crictl logs --tail 100 ${id}`),
      'compute-sanitizer --tool memcheck "$PROGRAM"',
    ],
    fix: ['kubectl delete pod -n "$NAMESPACE" "$POD"'],
  };
}

function cardFault(xid: Xid | undefined, gpu: WhichGpu, several: boolean): Cause {
  const isHardware = xid?.class === 'hardware';
  const reset = RESTARTS.has(xid?.immediate) ? REBOOT : `nvidia-smi --gpu-reset -i ${gpu.pciAddress}`;
  return {
    cause: 'gpu-fault',
    likelihood: isHardware || several ? 'likely' : 'possible',
    why: xid?.reason ?? (isHardware ? 'the GPU cannot be trusted until it was reset' : 'the GPU itself: the same Xid in many programs, on one GPU only'),
    check: [`nvidia-smi -q -i ${gpu.pciAddress} -d ECC,ROW_REMAPPER,PAGE_RETIREMENT`, KERNEL_LOG],
    fix: isHardware || several ? [DRAIN, reset] : [],
  };
}
