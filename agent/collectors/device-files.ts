import { Absent, type Collector } from '../collector.ts';
import { errnoOf, type HeldFile, type Host } from '../host.ts';
import type { DeviceFiles, VerbsFile } from '../model.ts';
import { COUNTER_BUFFER_BYTES, TextCell } from '../parse/counter.ts';

const CLASS = '/sys/class/infiniband_verbs';
const FILES = '/dev/infiniband';
const VERBS_NAME = /^uverbs\d+$/;
const BUFFER = Buffer.alloc(COUNTER_BUFFER_BYTES);

/** /dev/infiniband joined to the devices: what a process opens, and what the kernel says it is. */
export function deviceFilesCollector(): Collector<'device-files'> {
  const names = new Map<string, HeldName>();

  async function collect(host: Host): Promise<DeviceFiles> {
    const classes = await listIfThere(host, CLASS);
    const files = await listIfThere(host, FILES);
    if (!classes && !files) throw new Absent(`neither ${CLASS} nor ${FILES} exists: no RDMA driver is loaded`);
    const present = new Set(files);
    const known = (classes ?? []).filter((name) => VERBS_NAME.test(name));
    const verbs = known.map((name): VerbsFile => ({ name, device: deviceOf(host, name, names), present: present.has(name) }));
    // A file that the kernel's class does not list: left by an unloaded driver, or the class is of another namespace.
    for (const name of present) {
      if (VERBS_NAME.test(name) && !known.includes(name)) verbs.push({ name, device: undefined, present: true });
    }
    for (const [name, held] of names) {
      if (known.includes(name)) continue;
      held.file.close();
      names.delete(name);
    }
    return {
      devVisible: files !== undefined || (await host.exists('/dev')),
      verbs: verbs.toSorted(byNumber),
      others: [...present].filter((name) => !VERBS_NAME.test(name)),
    };
  }

  return {
    name: 'device-files',
    timeoutSeconds: 5,
    schedule: '* * * * *',
    collect,
    close() {
      for (const held of names.values()) held.file.close();
      names.clear();
    },
  };
}

/** A held `ibdev`, and the directory's inode when it was opened. */
interface HeldName {
  readonly file: HeldFile;
  readonly inode: bigint | undefined;
  readonly modifiedMs: number | undefined;
  readonly cell: TextCell;
}

/** Undefined when the kernel does not say. `ibdev` is answered from memory, never by the card. */
function deviceOf(host: Host, name: string, names: Map<string, HeldName>): string | undefined {
  const directory = `${CLASS}/${name}`;
  const identity = host.identity(directory);
  let held = names.get(name);
  if (!held || held.inode !== identity?.inode || held.modifiedMs !== identity?.modifiedMs) {
    held?.file.close();
    const file = host.hold(`${directory}/ibdev`);
    held = { file, inode: identity?.inode, modifiedMs: identity?.modifiedMs, cell: new TextCell() };
    names.set(name, held);
  }
  try {
    return held.cell.update(BUFFER, held.file.readSync(BUFFER)) === undefined && held.cell.value !== '' ? held.cell.value : undefined;
  } catch {
    return undefined;
  }
}

async function listIfThere(host: Host, path: string): Promise<readonly string[] | undefined> {
  try {
    return await host.list(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function byNumber(one: VerbsFile, other: VerbsFile): number {
  return Number(one.name.slice(6)) - Number(other.name.slice(6));
}
