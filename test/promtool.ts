import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianProgram, type DebianProgram } from './debian-program.ts';

export { debianProgram } from './debian-program.ts';

const run = promisify(execFile);

/** Where promtool is: on PATH, or from Debian's package `prometheus`; `missing` says why there is none. */
export async function findPromtool(): Promise<DebianProgram> {
  return debianProgram('promtool');
}

/** Output of `promtool check metrics`; empty when it has nothing to say. Rejects with its words when it finds an error. */
export async function checkMetrics(promtool: string, text: string): Promise<string> {
  const running = run(promtool, ['check', 'metrics'], { timeout: 60_000 });
  running.child.stdin?.end(text);
  try {
    const { stdout, stderr } = await running;
    return stdout + stderr;
  } catch (error) {
    if (error instanceof Error && 'stderr' in error && 'stdout' in error) return `${String(error.stdout)}${String(error.stderr)}`;
    throw error;
  }
}
