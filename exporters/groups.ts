import type { Finding, FindingName } from '../agent/model.ts';

/** Findings that are told together: one fault in several places, with causes that differ only in the place's name. */
export type Group = readonly [Finding, ...Finding[]];

export function groupAlike(findings: readonly Finding[]): readonly Group[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.rule, finding.severity, causesAnywhere(finding)]);
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()];
}

/** The causes as text without the device's name, so that thirty-two rails with one fault do not fill three screens. */
function causesAnywhere({ subject, causes }: Finding): string {
  const device = subject.split('/')[0] ?? '';
  const text = JSON.stringify(causes);
  return device.length < 3 ? text : text.replaceAll(device, '*');
}

/** What was not seen: why, and whom it concerns, each reason once. */
export interface Gap {
  readonly why: string;
  readonly who: readonly string[];
}

/** Reasons of failed sources and of unknown findings; a finding that is unknown because of a source stands with it. */
export function gaps(failed: readonly { name: string; why: string | undefined }[], unknown: readonly Finding[]): readonly Gap[] {
  const bySource: { readonly who: string[]; readonly why: string }[] = [];
  for (const { name, why = 'failed, without a reason' } of failed) {
    const same = bySource.find((gap) => gap.why === why);
    if (same) same.who.push(name);
    else bySource.push({ who: [name], why });
  }
  const byReason = new Map<string, string[]>();
  for (const { rule, subject, message } of unknown) {
    const source = bySource.find(({ why }) => message.includes(why));
    const who = subject === 'node' ? rule : `${rule} ${subject}`;
    if (source) source.who.push(who);
    else byReason.set(message, [...(byReason.get(message) ?? []), who]);
  }
  return [...bySource, ...[...byReason].map(([why, who]) => ({ why, who }))];
}

/** `GpuSpinning on GPU-1, GPU-2; GpuXid on GPU-1`: each name once. */
export function namesWords(names: readonly FindingName[]): string {
  const subjects = new Map<string, Set<string>>();
  for (const { rule, subject } of names) subjects.set(rule, (subjects.get(rule) ?? new Set<string>()).add(subject));
  return [...subjects].map(([rule, where]) => `${rule} on ${[...where].join(', ')}`).join('; ');
}
