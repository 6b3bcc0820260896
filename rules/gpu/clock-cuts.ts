import type { Gpu } from '../../agent/model.ts';
import { type GpuPair, gpuRise } from './each-gpu.ts';
import { type Answer, label, numberField, textField, unanswered } from './fields.ts';

/** A reason for which the driver lowers the clocks, as nvidia-smi names it, and its bit in `clocks_event_reasons.active` (nvml.h). */
export interface ClockReason {
  readonly name: 'hw_thermal_slowdown' | 'sw_thermal_slowdown' | 'hw_power_brake_slowdown';
  readonly bit: bigint;
}
export const HW_THERMAL: ClockReason = { name: 'hw_thermal_slowdown', bit: 0x40n };
export const SW_THERMAL: ClockReason = { name: 'sw_thermal_slowdown', bit: 0x20n };
export const POWER_BRAKE: ClockReason = { name: 'hw_power_brake_slowdown', bit: 0x80n };

/** For how long the clocks were cut in the window; Infinity where only two samples of the reason are known, both active. */
export interface ClockCut {
  readonly reason: ClockReason;
  readonly cutSeconds: number;
}

export const counterOf = ({ name }: ClockReason): string => `clocks_event_reasons_counters.${name}`;

/** The counter (microseconds) misses nothing; on drivers without it, the reason has to be active at both ends of the window. */
export function clockCut(pair: GpuPair, reason: ClockReason): Answer<ClockCut> {
  const counter = numberField(pair.gpu, counterOf(reason));
  if (counter.value !== undefined) {
    const rise = gpuRise(pair, counterOf(reason));
    return rise.value === undefined ? rise : { value: { reason, cutSeconds: rise.value / 1e6 } };
  }
  const now = isActive(pair.gpu, reason);
  if (now.value === undefined) return counter.report ? counter : now;
  const before = pair.earlier && isActive(pair.earlier, reason).value;
  if (now.value && before) return { value: { reason, cutSeconds: Infinity } };
  if (counter.report) return counter;
  if (now.value && before === undefined) return unanswered(pair.gpu, `no earlier look at ${reason.name} to compare with`);
  return { value: { reason, cutSeconds: 0 } };
}

function isActive(gpu: Gpu, { bit }: ClockReason): Answer<boolean> {
  const mask = textField(gpu, 'clocks_event_reasons.active');
  if (mask.value === undefined) return mask;
  if (!/^(0x[\da-f]+|\d+)$/i.test(mask.value)) {
    return unanswered(gpu, `clocks_event_reasons.active says "${mask.value}", expected a mask such as 0x0000000000000000`, true);
  }
  return { value: (BigInt(mask.value) & bit) !== 0n };
}

/** `GPU 3: clocks cut for 12.0 s of the last 30 s (40 %) by sw_thermal_slowdown; 84 C, 345 of 1980 MHz`. */
export function cutMessage(gpu: Gpu, cuts: readonly ClockCut[], seconds: number): string {
  const known = cuts.filter(({ cutSeconds }) => Number.isFinite(cutSeconds)).map((cut) => share(cut, seconds));
  const sampled = cuts.filter(({ cutSeconds }) => !Number.isFinite(cutSeconds)).map(({ reason }) => reason.name);
  const words = [
    ...(known.length > 0 ? [`clocks cut for ${known.join(' and ')}`] : []),
    ...(sampled.length > 0
      ? [`clocks cut now and ${Math.round(seconds)} s ago by ${sampled.join(' and ')} (this driver does not count how long)`]
      : []),
    ...conditions(gpu),
  ];
  return `${label(gpu)}: ${words.join('; ')}`;
}

function share({ reason, cutSeconds }: ClockCut, seconds: number): string {
  const length = cutSeconds < 0.1 ? `${(cutSeconds * 1000).toFixed(1)} ms` : `${cutSeconds.toFixed(1)} s`;
  // The driver's samples and our looks are not of the same instant: a cut can seem longer than the window.
  const percent = Math.min(100, seconds > 0 ? (cutSeconds / seconds) * 100 : 100);
  return `${length} of the last ${Math.round(seconds)} s (${percent < 1 ? 'below 1' : percent.toFixed(0)} %) by ${reason.name}`;
}

function conditions(gpu: Gpu): readonly string[] {
  const temperature = numberField(gpu, 'temperature.gpu').value;
  const clock = numberField(gpu, 'clocks.current.sm').value;
  const fullClock = numberField(gpu, 'clocks.max.sm').value;
  const parts = [
    ...(temperature === undefined ? [] : [`${temperature} C`]),
    ...(clock === undefined || fullClock === undefined ? [] : [`${clock} of ${fullClock} MHz`]),
  ];
  return parts.length > 0 ? [`now ${parts.join(', ')}`] : [];
}

/** Fields that belong beside a finding about clocks. */
export const CLOCK_EVIDENCE: readonly string[] = [
  'temperature.gpu',
  'temperature.gpu.tlimit',
  'temperature.memory',
  'power.draw',
  'power.limit',
  'clocks.current.sm',
  'clocks.max.sm',
  'clocks_event_reasons.active',
];
