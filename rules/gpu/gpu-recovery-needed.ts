import type { Gpu, GpuEvent, Judgement, KernelLog } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { eachGpu } from './each-gpu.ts';
import { evidenceOf, label, silence, textField } from './fields.ts';
import { recoveryCause } from './recovery-actions.ts';

const FIELD = 'gpu_recovery_action';
const REQUIRES_RESET = /^\[?gpu requires reset\]?$/i;

/** Only `None` has been seen in captures of this field: whatever else it says is shown as it stands. */
export const gpuRecoveryNeeded = defineRule({
  name: 'GpuRecoveryNeeded',
  title: 'GPU driver asks for a recovery action',
  severity: 'critical',
  page: 'rules/gpu/gpu-recovery-needed.md',
  needs: ['nvidia-query'],
  uses: ['kernel-log'],
  settings: {},
  *check(now) {
    yield* eachGpu(now['nvidia-query'], undefined, ({ gpu }) => judge(gpu, now['kernel-log']));
  },
});

/** The driver's field is the present; the kernel log's line is what was said once, and counts where the field says nothing. */
function* judge(gpu: Gpu, log: KernelLog | undefined): Iterable<Judgement> {
  const field = textField(gpu, FIELD);
  const blocked = Object.keys(gpu.fields).filter((name) => isResetToken(gpu, name));
  const announced = announcedAction(gpu, log?.gpuEvents ?? []);
  if (field.value !== undefined && !isNone(field.value)) yield symptom(gpu, field.value, `${FIELD} is "${field.value}"`);
  else if (blocked.length > 0) {
    yield symptom(gpu, 'GPU Reset', `nvidia-smi answers "[GPU requires reset]" for ${blocked.length} of its fields`);
  } else if (field.value === undefined && announced !== undefined) {
    yield symptom(gpu, announced, `the kernel log (Xid 154) says "${announced}"`);
  } else if (field.value === undefined) yield silence(gpu, field);
}

function symptom(gpu: Gpu, action: string, words: string): Judgement {
  return {
    subject: gpu.uuid,
    message: `${label(gpu)}: the driver asks for a recovery action: ${words}`,
    severity: /^drain p2p\b/i.test(action) ? 'warning' : 'critical',
    evidence: { ...evidenceOf(gpu, [FIELD, 'ecc.errors.uncorrected.volatile.total', 'remapped_rows.pending']), action },
    causes: [recoveryCause(gpu, action)],
  };
}

function isNone(action: string): boolean {
  return /^(none|n\/a|)$/i.test(action.trim());
}

function isResetToken(gpu: Gpu, name: string): boolean {
  const field = gpu.fields[name];
  return field?.kind === 'unknown' && REQUIRES_RESET.test(field.reason);
}

/** What the newest Xid 154 of this look asks for; undefined without one, or when it took the request back. */
function announcedAction(gpu: Gpu, events: readonly GpuEvent[]): string | undefined {
  const last = events.findLast(
    (event) =>
      event.kind === 'xid' &&
      event.xid === 154 &&
      (event.uuid === gpu.uuid || event.pciAddress === gpu.pciAddress) &&
      event.recoveryAction !== undefined,
  );
  const action = last?.kind === 'xid' ? last.recoveryAction : undefined;
  return action === undefined || isNone(action) ? undefined : action;
}
