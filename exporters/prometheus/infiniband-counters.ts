import type { Counters, InfinibandDevice } from '../../agent/model.ts';
import { CounterLines, type Series } from './counter-lines.ts';
import { familyHead, labelValue, type FamilyBytes } from './exposition.ts';
import { deviceNames, portNames, type CounterName } from './infiniband-names.ts';

/** A directory of counters, and the names it had when the families were laid out. */
interface Block {
  readonly device: string;
  /** Undefined for the device's own. */
  readonly port: number | undefined;
  readonly files: readonly string[];
}

/** Where the value of a series comes from. */
interface Source {
  readonly block: number;
  /** Of the file among those of its block: a key looked up by name in one shared shape of thirty is the dear way. */
  readonly place: number;
}

interface FamilyLayout {
  readonly lines: CounterLines;
  readonly sources: readonly Source[];
}

/**
 * Writes the counters of all devices and ports itself, because they must be exact to 64 bits and there can be thousands. Names
 * and labels are worked out when devices, ports or files change, not at each look.
 */
export class InfinibandCounters {
  #blocks: readonly Block[] = [];
  #layout: readonly FamilyLayout[] = [];

  families(devices: readonly InfinibandDevice[]): readonly FamilyBytes[] {
    const counters = countersOf(devices);
    if (!isLaidOutFor(this.#blocks, devices, counters)) {
      this.#layout = layOut(devices);
      this.#blocks = blocksOf(devices);
    }
    const values = counters.map((block) => Object.values(block));
    return this.#layout.map(({ lines, sources }) => lines.family(sources.map(({ block, place }) => values[block]?.[place] ?? 0n)));
  }
}

/** In the order that layOut counts them: the device, then each port's hw_counters and counters. */
function countersOf(devices: readonly InfinibandDevice[]): readonly Counters[] {
  const all: Counters[] = [];
  for (const device of devices) {
    all.push(device.counters);
    for (const port of device.ports) all.push(port.hwCounters, port.pmaCounters);
  }
  return all;
}

function blocksOf(devices: readonly InfinibandDevice[]): readonly Block[] {
  return devices.flatMap((device) => [
    { device: device.name, port: undefined, files: Object.keys(device.counters) },
    ...device.ports.flatMap(({ port, hwCounters, pmaCounters }) =>
      [hwCounters, pmaCounters].map((counters) => ({ device: device.name, port, files: Object.keys(counters) })),
    ),
  ]);
}

function isLaidOutFor(blocks: readonly Block[], devices: readonly InfinibandDevice[], counters: readonly Counters[]): boolean {
  let index = 0;
  const isNext = (device: string, port: number | undefined): boolean => {
    const block = blocks[index];
    const isIt = block?.device === device && block.port === port && hasJust(counters[index], block.files);
    index += 1;
    return isIt;
  };
  for (const { name, ports } of devices) {
    if (!isNext(name, undefined) || !ports.every(({ port }) => isNext(name, port) && isNext(name, port))) return false;
  }
  return index === blocks.length;
}

/** Whether the keys are these, in this order; compared one by one, where joining them made kilobytes of text at each look. */
function hasJust(counters: Counters | undefined, files: readonly string[]): boolean {
  let index = 0;
  for (const file in counters) {
    if (file !== files[index]) return false;
    index += 1;
  }
  return index === files.length;
}

function layOut(devices: readonly InfinibandDevice[]): readonly FamilyLayout[] {
  const families = new Map<string, { helps: Set<string>; series: Series[]; sources: Source[] }>();
  const add = ({ metric, help, scale }: CounterName, labels: string, source: Source): void => {
    const family = families.get(metric) ?? { helps: new Set(), series: [], sources: [] };
    families.set(metric, family);
    family.helps.add(help);
    family.series.push({ prefix: `${metric}{${labels}} `, scale });
    family.sources.push(source);
  };
  let block = 0;
  for (const device of devices) {
    const label = `device="${labelValue(device.name)}"`;
    const own = Object.keys(device.counters);
    for (const name of deviceNames(own)) add(name, label, { block, place: own.indexOf(name.file) });
    block += 1;
    for (const { port, hwCounters, pmaCounters } of device.ports) {
      const [hw, pma] = [Object.keys(hwCounters), Object.keys(pmaCounters)];
      for (const name of portNames(hw, pma)) {
        const isHw = name.kind === 'hwCounters';
        const source = { block: isHw ? block : block + 1, place: (isHw ? hw : pma).indexOf(name.file) };
        add(name, `${label},port="${port}"`, source);
      }
      block += 2;
    }
  }
  return [...families].map(([name, { helps, series, sources }]) => ({
    lines: new CounterLines(name, familyHead(name, 'counter', [...helps].toSorted().join(' Or: ')), series),
    sources,
  }));
}
