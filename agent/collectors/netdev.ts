import { Absent, type Collector } from '../collector.ts';
import { errnoOf, type HeldFile, type Host } from '../host.ts';
import type { Netdev, NetworkInterface } from '../model.ts';
import { COUNTER_BUFFER_BYTES, CounterCell } from '../parse/counter.ts';
import { baseName, firstLine, ueventField } from '../parse/sysfs.ts';

const CLASS = '/sys/class/net';
/** Interfaces without hardware (a node of Kubernetes has hundreds) are opened anew so seldom, as nobody replaces their files. */
const LOOKS_BETWEEN_OPENINGS = 64;
const BUFFER = Buffer.alloc(COUNTER_BUFFER_BYTES);

/** Byte counters of network interfaces. EFA functions have none, so that what moves here did not take the fabric. */
export function netdevCollector(): Collector<'netdev'> {
  const interfaces = new Map<string, Interface>();

  async function collect(host: Host): Promise<Netdev> {
    const names = await listInterfaces(host);
    const present = new Set(names);
    for (const [name, gone] of interfaces) {
      if (present.has(name)) continue;
      gone.close();
      interfaces.delete(name);
    }
    const found: NetworkInterface[] = [];
    for (const name of names) {
      const known = interfaces.get(name) ?? new Interface(host, name);
      interfaces.set(name, known);
      const now = await known.look();
      if (now) found.push(now);
    }
    return { interfaces: found };
  }

  return {
    name: 'netdev',
    timeoutSeconds: 5,
    collect,
    close() {
      for (const known of interfaces.values()) known.close();
      interfaces.clear();
    },
  };
}

async function listInterfaces(host: Host): Promise<readonly string[]> {
  try {
    return await host.list(CLASS);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new Absent(`${CLASS} does not exist: the kernel has no network`);
    throw error;
  }
}

type Facts = Pick<NetworkInterface, 'driver' | 'mac' | 'physical'>;

class Interface {
  readonly #host: Host;
  readonly #name: string;
  readonly #path: string;
  #receive: HeldCounter | undefined;
  #transmit: HeldCounter | undefined;
  #facts: Facts | undefined;
  #mark = '';
  #looksUntilOpening = 0;
  #last: NetworkInterface | undefined;

  constructor(host: Host, name: string) {
    this.#host = host;
    this.#name = name;
    this.#path = `${CLASS}/${name}`;
  }

  /** Undefined when it has no counters: it went meanwhile, or it is no interface (`bonding_masters` is a file). */
  async look(): Promise<NetworkInterface | undefined> {
    if (this.#needsOpening()) this.#open();
    const receiveBytes = this.#receive?.read();
    const transmitBytes = this.#transmit?.read();
    if (receiveBytes === undefined || transmitBytes === undefined) return undefined;
    if (!this.#facts || this.#receive?.wasReopened() === true) {
      this.#facts = await this.#readFacts();
      this.#last = undefined;
    }
    const last = this.#last;
    if (last?.receiveBytes === receiveBytes && last.transmitBytes === transmitBytes) return last;
    this.#last = { name: this.#name, ...this.#facts, receiveBytes, transmitBytes };
    return this.#last;
  }

  close(): void {
    this.#receive?.close();
    this.#transmit?.close();
  }

  #needsOpening(): boolean {
    this.#looksUntilOpening -= 1;
    if (!this.#receive || this.#looksUntilOpening < 0) return true;
    return this.#facts?.physical === true && this.#mark !== this.#currentMark();
  }

  #currentMark(): string {
    const identity = this.#host.identity(`${this.#path}/statistics`);
    return identity ? `${identity.inode} ${identity.modifiedMs}` : '';
  }

  #open(): void {
    this.close();
    this.#mark = this.#currentMark();
    this.#receive = new HeldCounter(this.#host.hold(`${this.#path}/statistics/rx_bytes`));
    this.#transmit = new HeldCounter(this.#host.hold(`${this.#path}/statistics/tx_bytes`));
    this.#facts = undefined;
    this.#looksUntilOpening = LOOKS_BETWEEN_OPENINGS;
  }

  async #readFacts(): Promise<Facts> {
    const device = `${this.#path}/device`;
    const text = async (path: string): Promise<string | undefined> => this.#host.readText(path, 4096).catch(() => undefined);
    const driver = baseName(await this.#host.link(`${device}/driver`).catch(() => undefined));
    return {
      physical: await this.#host.exists(device),
      driver: driver ?? ueventField(await text(`${device}/uevent`), 'DRIVER'),
      mac: firstLine(await text(`${this.#path}/address`)),
    };
  }
}

/** Kept by the kernel in memory, so that reading it never waits for hardware. */
class HeldCounter {
  readonly #file: HeldFile;
  readonly #cell = new CounterCell();
  #openings = 0;

  constructor(file: HeldFile) {
    this.#file = file;
  }

  /** Undefined when it cannot be read or holds no number. */
  read(): bigint | undefined {
    try {
      return this.#cell.update(BUFFER, this.#file.readSync(BUFFER)) === undefined ? this.#cell.value : undefined;
    } catch {
      return undefined;
    }
  }

  /** Since it was last asked: the interface was made anew under the same name. */
  wasReopened(): boolean {
    const reopened = this.#openings !== 0 && this.#file.openings > this.#openings;
    this.#openings = this.#file.openings;
    return reopened;
  }

  close(): void {
    this.#file.close();
  }
}
