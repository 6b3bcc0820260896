/** USER_HZ: what /proc counts in, whatever the kernel's own HZ is (include/asm-generic/param.h; all architectures of ours). */
const TICKS_PER_SECOND = 100;

/** When a process began, in seconds since boot: field 22 of /proc/<pid>/stat. Its name, field 2, may hold spaces and brackets. */
export function parseStartSeconds(stat: string): number | undefined {
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return start !== undefined && /^\d+$/.test(start) ? Number(start) / TICKS_PER_SECOND : undefined;
}
