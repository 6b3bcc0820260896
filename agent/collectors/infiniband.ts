import { Absent, type Collector } from '../collector.ts';
import { errnoOf, type Host } from '../host.ts';
import type { Infiniband, InfinibandDevice } from '../model.ts';
import { CLASS, Device } from './infiniband/device.ts';
import { Rounds } from './infiniband/round.ts';

export interface InfinibandOptions {
  /** Names of devices that an earlier process of this boot saw: they count as vanished when they are not there. */
  readonly knownBefore?: readonly string[];
  /** How long one look waits for the devices; one that takes longer is silent in it. */
  readonly budgetSeconds?: number;
  /** How many devices may be out at once. Each holds a thread of the pool, of which four must stay free for others. */
  readonly silentLimit?: number;
}

const BUDGET_SECONDS = 2;
/** UV_THREADPOOL_SIZE (40) less four. */
const SILENT_LIMIT = 36;

/** All of /sys/class/infiniband: EFA, InfiniBand, RoCE and soft-RoCE devices, their ports and every counter they have. */
export function infinibandCollector(options: InfinibandOptions = {}): Collector<'infiniband'> {
  const { knownBefore = [], budgetSeconds = BUDGET_SECONDS, silentLimit = SILENT_LIMIT } = options;
  const rounds = new Rounds({ budgetSeconds, silentLimit });
  const devices = new Map<string, Device>();
  const seen = new Set(knownBefore);

  async function collect(host: Host, signal: AbortSignal): Promise<Infiniband> {
    const names = await listDevices(host, seen.size > 0);
    for (const name of names) if (!devices.has(name)) devices.set(name, new Device(host, name));
    for (const [name, device] of devices) if (!names.includes(name) && !rounds.isOut(device)) device.close();
    const asked = names.map((name) => devices.get(name)).filter((device) => device !== undefined);
    const answers = await rounds.ask(asked, signal);
    const present = answers.filter((answer): answer is InfinibandDevice => answer !== undefined);
    const here = new Set(present.map((device) => device.name));
    for (const name of here) seen.add(name);
    return { devices: present, vanished: [...seen].filter((name) => !here.has(name)).toSorted() };
  }

  return {
    name: 'infiniband',
    timeoutSeconds: budgetSeconds + 3,
    collect,
    close() {
      for (const device of devices.values()) device.close();
    },
  };
}

/** Without the class there is no source, unless devices have been seen: then they are gone, and that is a fault. */
async function listDevices(host: Host, haveBeenSeen: boolean): Promise<readonly string[]> {
  try {
    return await host.list(CLASS);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    if (haveBeenSeen) return [];
    throw new Absent(`${CLASS} does not exist: no RDMA driver is loaded`);
  }
}
