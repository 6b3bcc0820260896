import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { Absent, type Collector } from '../collector.ts';
import { errnoOf, type Host } from '../host.ts';
import type { FabricProcess } from '../model.ts';
import { parseCgroup } from '../parse/cgroup.ts';
import { parseMaxLockedMemory } from '../parse/limits.ts';
import { optionalText } from './optional-text.ts';
import { sideBySide } from './side-by-side.ts';

/** Half of the thread pool: counters are read in it too. */
const AT_ONCE = 2;
const PROCESSES_PER_TURN = 50;
/** A process that holds no device is looked into at every look at first, then ever more rarely. */
const MAX_LOOKS_APART = 8;
const FABRIC = ['/sys/class/infiniband', '/sys/class/infiniband_verbs', '/dev/infiniband'];

/** A process in which no device was found open. */
interface Uninvolved {
  /** Of /proc/<pid>: a pid that is given again has another one. */
  readonly inode: bigint | undefined;
  readonly looksApart: number;
  readonly nextLook: number;
  readonly isHidden: boolean;
}
type Seen = { readonly devices: readonly string[] } | 'hidden' | 'gone';

/** The processes of the node that hold /dev/infiniband/uverbs* open, with their limits and their pod. */
export function fabricProcessesCollector(): Collector<'fabric-processes'> {
  const uninvolved = new Map<string, Uninvolved>();
  let look = 0;
  return {
    name: 'fabric-processes',
    timeoutSeconds: 20,
    schedule: '* * * * *',
    async collect(host, signal) {
      if (!(await hasFabric(host))) throw new Absent(`no fabric device on this node (none of ${FABRIC.join(', ')})`);
      const pids = (await host.list('/proc')).filter((name) => /^\d+$/.test(name));
      const present = new Set(pids);
      for (const pid of uninvolved.keys()) if (!present.has(pid)) uninvolved.delete(pid);
      look += 1;
      const processes: FabricProcess[] = [];
      let passed = 0;
      await sideBySide(pids, AT_ONCE, async (pid) => {
        signal.throwIfAborted();
        passed += 1;
        if (passed % PROCESSES_PER_TURN === 0) await yieldToOthers();
        const found = await visit(host, pid, look, uninvolved);
        if (found) processes.push(found);
      });
      const hiddenCount = [...uninvolved.values()].filter(({ isHidden }) => isHidden).length;
      return { processes: processes.toSorted((a, b) => a.pid - b.pid), hiddenCount };
    },
  };
}

async function hasFabric(host: Host): Promise<boolean> {
  const found = await Promise.all(FABRIC.map((path) => host.exists(path)));
  return found.includes(true);
}

async function visit(
  host: Host,
  pid: string,
  look: number,
  uninvolved: Map<string, Uninvolved>,
): Promise<FabricProcess | undefined> {
  const inode = host.identity(`/proc/${pid}`)?.inode;
  const known = uninvolved.get(pid);
  const before = known?.inode === inode ? known : undefined;
  if (before && look < before.nextLook) return undefined;
  const seen = await openDevices(host, pid);
  if (seen !== 'gone' && seen !== 'hidden' && seen.devices.length > 0) {
    uninvolved.delete(pid);
    return describe(host, pid, seen.devices);
  }
  if (seen === 'gone') {
    uninvolved.delete(pid);
    return undefined;
  }
  const looksApart = Math.min(MAX_LOOKS_APART, before ? before.looksApart * 2 : 1);
  uninvolved.set(pid, { inode, looksApart, nextLook: look + looksApart, isHidden: seen === 'hidden' });
  return undefined;
}

async function openDevices(host: Host, pid: string): Promise<Seen> {
  const devices = new Set<string>();
  try {
    for (const descriptor of await host.list(`/proc/${pid}/fd`)) {
      const device = await deviceBehind(host, `/proc/${pid}/fd/${descriptor}`);
      if (device !== undefined) devices.add(device);
    }
  } catch (error) {
    if (!isRefusal(error)) return 'gone';
    return (await isKernelThread(host, pid)) ? { devices: [] } : 'hidden';
  }
  return { devices: [...devices].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })) };
}

/** `uverbs0`; undefined for another file or a descriptor that was closed meanwhile. */
async function deviceBehind(host: Host, path: string): Promise<string | undefined> {
  try {
    // A device that was removed stays open with this ending (d_path, fs/d_path.c).
    return /^\/dev\/infiniband\/(uverbs\d+)(?: \(deleted\))?$/.exec(await host.link(path))?.[1];
  } catch (error) {
    // Root without CAP_SYS_PTRACE may list the descriptors of a process and not follow one of them (fs/proc/base.c).
    if (isRefusal(error)) throw error;
    return undefined;
  }
}

function isRefusal(error: unknown): boolean {
  return errnoOf(error) === 'EACCES' || errnoOf(error) === 'EPERM';
}

/** Children of kthreadd, process 2 (kernel/kthread.c), have no files. The name in stat may hold spaces and brackets. */
async function isKernelThread(host: Host, pid: string): Promise<boolean> {
  const stat = (await optionalText(host, `/proc/${pid}/stat`)) ?? '';
  return pid === '2' || /^ \S 2 /.test(stat.slice(stat.lastIndexOf(')') + 1));
}

/** comm rather than cmdline, whose read waits for the process's memory map: a process stuck in the kernel may hold it. */
async function describe(host: Host, pid: string, devices: readonly string[]): Promise<FabricProcess> {
  const [command, limits, cgroup] = await Promise.all([
    optionalText(host, `/proc/${pid}/comm`),
    optionalText(host, `/proc/${pid}/limits`),
    optionalText(host, `/proc/${pid}/cgroup`),
  ]);
  return {
    pid: Number(pid),
    command: command?.replace(/\n$/, '') ?? '',
    devices,
    maxLockedMemoryBytes: parseMaxLockedMemory(limits ?? ''),
    ...parseCgroup(cgroup ?? ''),
  };
}
