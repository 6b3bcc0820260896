import type { Evidence, Gpu, Undecided } from '../../agent/model.ts';
import { cannotTell, undecided } from '../rates.ts';

/** What a GPU says, or why it says nothing. */
export type Answer<T> = { readonly value: T } | Unanswered;
export interface Unanswered {
  readonly value: undefined;
  readonly why: string;
  /** A fault could hide there. False where the card or its driver does not have the field, or another rule tells of it. */
  readonly report: boolean;
}

/** The card, its mode or its driver does not have it: nothing is hidden (nvidia-smi 470 to 610). */
const NOT_THERE = /^\[?(n\/a|not supported|function not found|requested functionality has been deprecated)\]?$/i;
/** GpuLost and GpuRecoveryNeeded fire on these; every other rule that meets them only keeps what it has. */
const TOLD_ELSEWHERE = /^\[?gpu (is lost|requires reset)\]?$/i;

/** `GPU 3`: the index people type; it can change at each boot, so subjects are UUIDs. */
export function label(gpu: Gpu): string {
  return `GPU ${gpu.index}`;
}

/** What nvidia-smi's `-i` takes: the UUID, which stays, or the index where the UUID is not one. */
export function selector(gpu: Gpu): string {
  return /^GPU-[\w-]+$/.test(gpu.uuid) ? gpu.uuid : String(gpu.index);
}

export function unanswered(gpu: Gpu, why: string, report = false): Unanswered {
  return { value: undefined, why: `${label(gpu)}: ${why}`, report };
}

/** A rule's word that it cannot judge this GPU for want of an answer. */
export function silence(gpu: Gpu, { why, report }: Unanswered): Undecided {
  return report ? cannotTell(gpu.uuid, why) : undecided(gpu.uuid, why);
}

export function textField(gpu: Gpu, name: string): Answer<string> {
  const field = gpu.fields[name];
  if (field === undefined) return unanswered(gpu, `this driver's nvidia-smi has no ${name}`);
  if (field.kind !== 'unknown') return { value: String(field.value) };
  const { reason } = field;
  if (!NOT_THERE.test(reason)) return unanswered(gpu, `${name} says "${reason}"`, !TOLD_ELSEWHERE.test(reason));
  return unanswered(gpu, isMig(gpu) ? `${name} says "${reason}" while MIG is on` : `${name} says "${reason}"`);
}

export function numberField(gpu: Gpu, name: string): Answer<number> {
  const field = gpu.fields[name];
  if (field?.kind === 'number') return { value: field.value };
  const text = textField(gpu, name);
  return text.value === undefined ? text : unanswered(gpu, `${name} says "${text.value}", expected a number`, true);
}

export function yesNoField(gpu: Gpu, name: string): Answer<boolean> {
  const text = textField(gpu, name);
  if (text.value === undefined) return text;
  if (/^yes$/i.test(text.value)) return { value: true };
  if (/^no$/i.test(text.value)) return { value: false };
  return unanswered(gpu, `${name} says "${text.value}", expected Yes or No`, true);
}

/** Which GPU it is and what these fields say, for the evidence; fields that say nothing are left out. */
export function evidenceOf(gpu: Gpu, names: readonly string[]): Evidence {
  const known = names.flatMap((name) => {
    const field = gpu.fields[name];
    return field === undefined || field.kind === 'unknown' ? [] : [[name, field.value] as const];
  });
  return {
    gpu: gpu.index,
    ...(gpu.name !== undefined && { name: gpu.name }),
    ...(gpu.pciAddress !== undefined && { pciAddress: gpu.pciAddress }),
    ...Object.fromEntries(known),
  };
}

/** MIG takes several answers away: remapped rows and utilization are `[N/A]` on a GPU with instances (NVML's documentation). */
export function isMig(gpu: Gpu): boolean {
  const mode = gpu.fields['mig.mode.current'];
  return mode?.kind === 'text' && /^enabled$/i.test(mode.value);
}
