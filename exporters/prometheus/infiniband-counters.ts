import type { Counters, InfinibandDevice } from '../../agent/model.ts';
import { familyHead, labelValue, type Family } from './exposition.ts';
import { deviceNames, portNames, type CounterName } from './infiniband-names.ts';

/** A directory of counters at this look. */
interface Block {
  readonly key: string;
  readonly counters: Counters;
}

/** `name{device="…",port="1"} ` made once; only the value is new at each look. */
interface Series {
  readonly prefix: string;
  readonly block: number;
  readonly file: string;
  readonly scale: bigint;
}

interface FamilyLayout {
  readonly name: string;
  readonly head: string;
  readonly series: Series[];
}

/**
 * Writes the counters of all devices and ports itself, because they must be exact to 64 bits and there can be thousands. Names
 * and labels are worked out when devices, ports or files change, not at each look.
 */
export class InfinibandCounters {
  #keys: readonly string[] = [];
  #layout: readonly FamilyLayout[] = [];

  families(devices: readonly InfinibandDevice[]): readonly Family[] {
    const blocks = devices.flatMap(blocksOf);
    if (blocks.length !== this.#keys.length || blocks.some((block, index) => block.key !== this.#keys[index])) {
      this.#layout = layOut(devices);
      this.#keys = blocks.map((block) => block.key);
    }
    return this.#layout.map((family) => write(family, blocks));
  }
}

function write({ name, head, series }: FamilyLayout, blocks: readonly Block[]): Family {
  let text = head;
  for (const { prefix, block, file, scale } of series) {
    const value = blocks[block]?.counters[file];
    if (value !== undefined) text += `${prefix}${scale === 1n ? value : value * scale}\n`;
  }
  return { name, text };
}

/** In the order that layOut counts them: the device, then each port's hw_counters and counters. */
function blocksOf(device: InfinibandDevice): Block[] {
  const block = (place: string, counters: Counters): Block => ({
    key: `${device.name} ${place} ${Object.keys(counters).join('/')}`,
    counters,
  });
  return [
    block('device', device.counters),
    ...device.ports.flatMap((port) => [
      block(`${port.port} hw`, port.hwCounters),
      block(`${port.port} pma`, port.pmaCounters),
    ]),
  ];
}

function layOut(devices: readonly InfinibandDevice[]): readonly FamilyLayout[] {
  const families = new Map<string, { helps: Set<string>; series: Series[] }>();
  const add = ({ metric, help, file, scale }: CounterName, labels: string, block: number): void => {
    const family = families.get(metric) ?? { helps: new Set(), series: [] };
    families.set(metric, family);
    family.helps.add(help);
    family.series.push({ prefix: `${metric}{${labels}} `, block, file, scale });
  };
  let block = 0;
  for (const device of devices) {
    const label = `device="${labelValue(device.name)}"`;
    for (const name of deviceNames(Object.keys(device.counters))) add(name, label, block);
    block += 1;
    for (const port of device.ports) {
      const names = portNames(Object.keys(port.hwCounters), Object.keys(port.pmaCounters));
      for (const name of names) add(name, `${label},port="${port.port}"`, name.kind === 'hwCounters' ? block : block + 1);
      block += 2;
    }
  }
  return [...families].map(([name, { helps, series }]) => ({
    name,
    head: familyHead(name, 'counter', [...helps].toSorted().join(' Or: ')),
    series,
  }));
}
