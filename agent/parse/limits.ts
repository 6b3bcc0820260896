/** Soft limit of `Max locked memory` in /proc/<pid>/limits, in bytes; Infinity for `unlimited`, undefined when not there. */
export function parseMaxLockedMemory(limits: string): number | undefined {
  const soft = /^Max locked memory +(unlimited|\d+) /m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Infinity : Number(soft);
}
