import { readFileSync } from 'node:fs';

/** Seconds since the guest booted. */
export function uptimeSeconds(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
}

/** A line for whoever reads along; judges nothing. */
export function say(text: string): void {
  console.log(`GUEST [${uptimeSeconds().toFixed(1)}] ${text}`);
}

/** One thing that must hold; `found` is shown when it does not. */
export function check(name: string, holds: boolean, found = ''): void {
  console.log(`CHECK ${name} ${holds ? 'ok' : `FAIL: ${found.replaceAll('\n', ' | ')}`}`);
}

export async function seconds(howMany: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, howMany * 1000));
}
