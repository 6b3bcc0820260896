import { infinibandCollector } from '../../agent/collectors/infiniband.ts';
import { openHost } from '../../agent/host.ts';

/** CPU and time of one look of the infiniband collector alone, in this process, in milliseconds. */
export async function benchCollector(root: string, looks: number, move: () => void): Promise<{ cpuMs: number; p50Ms: number; p99Ms: number }> {
  const host = openHost(root);
  const collector = infinibandCollector();
  const { signal } = new AbortController();
  const took: number[] = [];
  let cpu = 0;
  for (let look = -50; look < looks; look += 1) {
    move();
    const before = process.cpuUsage();
    const begun = performance.now();
    await collector.collect(host, signal);
    const milliseconds = performance.now() - begun;
    const used = process.cpuUsage(before);
    if (look < 0) continue;
    took.push(milliseconds);
    cpu += (used.user + used.system) / 1000;
  }
  collector.close?.();
  took.sort((a, b) => a - b);
  return { cpuMs: cpu / looks, p50Ms: took[looks >> 1] ?? 0, p99Ms: took[Math.floor(looks * 0.99)] ?? 0 };
}
