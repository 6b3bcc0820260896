import type { Cause, Gpu } from '../../agent/model.ts';
import { DRAIN, REBOOT, reset, show, XIDS } from './commands.ts';

interface Action {
  readonly matches: RegExp;
  readonly cause: string;
  readonly why: string;
  fix(gpu: Gpu): readonly string[];
}

/** By the words of NVML's nvmlDeviceGpuRecoveryAction_t and of Xid 154; the first that fits. */
const ACTIONS: readonly Action[] = [
  {
    matches: /imex/i,
    cause: 'recover-imex-domain',
    why: 'the NVLink domain of several nodes has to be set up anew',
    fix: () => ['systemctl restart nvidia-imex   # on every node of the domain'],
  },
  {
    matches: /bus/i,
    cause: 'reset-bus',
    why: "the card's PCIe bus has to be reset: a reboot does it",
    fix: () => [DRAIN, REBOOT],
  },
  {
    matches: /reboot/i,
    cause: 'reboot-node',
    why: 'the fault may have left the operating system inconsistent',
    fix: () => [DRAIN, REBOOT],
  },
  {
    matches: /drain.*reset/i,
    cause: 'drain-and-reset',
    why: 'it works with part of its memory or its MIG instances gone: let what runs finish, start nothing new, then reset',
    fix: reset,
  },
  {
    matches: /reset/i,
    cause: 'reset-gpu',
    why: 'its processes have to end and it has to be reset before it can be used again',
    fix: reset,
  },
  {
    matches: /drain/i,
    cause: 'drain-peer-traffic',
    why: 'its traffic with other GPUs has to end: stop the jobs that use several GPUs, then look again',
    fix: () => ['kubectl cordon "$NODE"', DRAIN],
  },
];

const UNKNOWN: Action = {
  matches: /(?:)/,
  cause: 'unknown-action',
  why: "an action that this version does not know; NVIDIA's documentation of the driver names it",
  fix: () => [DRAIN],
};

export function recoveryCause(gpu: Gpu, action: string): Cause {
  const known = ACTIONS.find(({ matches }) => matches.test(action)) ?? UNKNOWN;
  return { cause: known.cause, likelihood: 'confirmed', why: known.why, check: [show(gpu, 'ECC,ROW_REMAPPER'), XIDS], fix: known.fix(gpu) };
}
