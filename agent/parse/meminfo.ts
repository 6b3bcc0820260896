/** Values of /proc/meminfo: bytes where the line says kB, plain counts (`HugePages_Total`) where it does not. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([^:]+):\s+(\d+)( kB)?\s*$/.exec(line);
    if (match) values.set(match[1] ?? '', Number(match[2]) * (match[3] ? 1024 : 1));
  }
  return values;
}

/** First number of /proc/uptime in seconds; undefined for anything else. */
export function parseUptime(text: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(?:\s|$)/.exec(text ?? '');
  return match ? Number(match[1]) : undefined;
}
