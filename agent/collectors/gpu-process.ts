import { errnoOf, type Host } from '../host.ts';
import type { GpuProcess } from '../model.ts';
import { parseCgroup } from '../parse/cgroup.ts';
import { parseStartSeconds } from '../parse/process-stat.ts';
import { sideBySide } from './side-by-side.ts';

/** A process as a line of the kernel log names it. */
export interface ProcessSought {
  readonly pid: number;
  /** The name of the thread, which need not be the one in /proc/<pid>/comm. */
  readonly name: string | undefined;
  /** When the line was written. */
  readonly uptimeSeconds: number;
}
type Answer = { readonly text: string } | { readonly errno: string };
type Owner = Omit<GpuProcess, 'pid' | 'name'>;

const MAX_PER_LOOK = 16;
const AT_ONCE = 2;
/** Enough of a command line to know a program by; its length is the program's to choose. */
const MAX_COMMAND = 200;
const MAX_BYTES = 4096;
/** Reading a command line waits for the process's memory map, which one that hangs in the driver may hold for ever. */
const PATIENCE_MS = 500;
const MAX_HANGING = 1;
const MAX_REMEMBERED = 256;
const REMEMBERED_SECONDS = 3600;
const GONE = new Set(['ENOENT', 'ESRCH']);
const NOTHING: Owner = { commandLine: undefined, podUid: undefined, containerId: undefined, missing: undefined };

/** Finds out whose process a line names while it still exists, and remembers it for lines that come after its end. */
export class GpuProcesses {
  #known = new Map<number, { readonly comm: string | undefined; readonly owner: Owner; readonly uptimeSeconds: number }>();
  #hanging = 0;

  forget(): void {
    this.#known = new Map();
  }

  async resolve(host: Host, sought: readonly ProcessSought[]): Promise<void> {
    await sideBySide(sought.slice(0, MAX_PER_LOOK), AT_ONCE, (one) => this.#look(host, one));
  }

  /** What is known of a process that was sought. */
  found({ pid, name }: Pick<ProcessSought, 'pid' | 'name'>): GpuProcess {
    const known = this.#known.get(pid);
    const owner = known?.owner ?? { ...NOTHING, missing: `not looked up: the log named more than ${MAX_PER_LOOK} processes at once` };
    return { ...owner, pid, name: name ?? known?.comm };
  }

  async #look(host: Host, { pid, uptimeSeconds }: ProcessSought): Promise<void> {
    const [stat, comm, cgroup] = await Promise.all(['stat', 'comm', 'cgroup'].map((file) => read(host, pid, file)));
    const commandLine = await this.#commandLine(host, pid);
    const isGone = [comm, cgroup, commandLine].every((answer) => answer !== undefined && 'errno' in answer && GONE.has(answer.errno));
    const isOther = startedAfter(text(stat), uptimeSeconds);
    if (!isGone && !isOther) {
      this.#remember(pid, { comm: text(comm)?.replace(/\n$/, ''), owner: ownerOf(commandLine, cgroup), uptimeSeconds });
      return;
    }
    const before = this.#known.get(pid);
    if (before && uptimeSeconds - before.uptimeSeconds < REMEMBERED_SECONDS) return;
    const missing = isGone
      ? 'not in /proc: it has ended, or this agent does not see the processes of the node'
      : 'ended: another process has its number by now';
    this.#remember(pid, { comm: undefined, owner: { ...NOTHING, missing }, uptimeSeconds });
  }

  async #commandLine(host: Host, pid: number): Promise<Answer> {
    if (this.#hanging >= MAX_HANGING) return { errno: 'not read while another one hangs' };
    const reading = read(host, pid, 'cmdline');
    const answer = await Promise.race([reading, patience()]);
    if (answer) return answer;
    this.#hanging += 1;
    void reading.then(() => (this.#hanging -= 1));
    return { errno: `no answer within ${PATIENCE_MS} ms` };
  }

  #remember(pid: number, found: { readonly comm: string | undefined; readonly owner: Owner; readonly uptimeSeconds: number }): void {
    this.#known.delete(pid);
    this.#known.set(pid, found);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > MAX_REMEMBERED) this.#known.delete(oldest);
  }
}

async function read(host: Host, pid: number, file: string): Promise<Answer> {
  try {
    return { text: await host.readText(`/proc/${pid}/${file}`, MAX_BYTES) };
  } catch (error) {
    return { errno: errnoOf(error) };
  }
}

function patience(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), PATIENCE_MS).unref();
  });
}

function text(answer: Answer | undefined): string | undefined {
  return answer && 'text' in answer ? answer.text : undefined;
}

/** The clocks of printk and of /proc drift apart by some parts in a hundred thousand. */
function startedAfter(stat: string | undefined, uptimeSeconds: number): boolean {
  const start = parseStartSeconds(stat ?? '');
  return start !== undefined && start > uptimeSeconds * 1.0001 + 2;
}

function ownerOf(commandLine: Answer, cgroup: Answer | undefined): Owner {
  const command = text(commandLine)?.replace(/\0+$/, '').replaceAll('\0', ' ') ?? '';
  const { cgroup: path, podUid, containerId } = parseCgroup(text(cgroup) ?? '');
  const missing = [
    ...('errno' in commandLine ? [`command line: ${commandLine.errno}`] : command === '' ? ['command line: empty, it is ending'] : []),
    ...(cgroup && 'errno' in cgroup ? [`control group: ${cgroup.errno}`] : podUid === undefined ? [`no pod in its control group ${path ?? '(none)'}`] : []),
    ...(podUid !== undefined && containerId === undefined ? ['no container id in its control group'] : []),
  ];
  return {
    commandLine: command === '' ? undefined : command.length > MAX_COMMAND ? `${command.slice(0, MAX_COMMAND)}…` : command,
    podUid,
    containerId,
    missing: missing.length === 0 ? undefined : missing.join('; '),
  };
}
