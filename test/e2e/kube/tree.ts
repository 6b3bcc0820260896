import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from '../processes.ts';

export const DEVICE = 'rdmap16s27';

/** A /sys of plain files with one EFA, whose counters move by themselves. */
export interface MovingTree {
  readonly root: string;
  /** From now on it receives what it sends, or does not. */
  receive(does: boolean): void;
}

/** Healthy at first. */
export function movingTree(directory: string): MovingTree {
  const root = join(directory, 'root');
  const card = join(root, 'sys/devices/pci0000:10/0000:10:1b.0');
  const device = join(card, 'infiniband', DEVICE);
  const counters = join(device, 'ports/1/hw_counters');
  for (const path of [counters, join(root, 'sys/class/infiniband'), join(root, 'proc')]) mkdirSync(path, { recursive: true });
  symlinkSync(`../../devices/pci0000:10/0000:10:1b.0/infiniband/${DEVICE}`, join(root, 'sys/class/infiniband', DEVICE));
  symlinkSync('../..', join(device, 'device'));
  writeFileSync(join(card, 'vendor'), '0x1d0f\n');
  writeFileSync(join(card, 'device'), '0xefa1\n');
  writeFileSync(join(device, 'ports/1/state'), '4: ACTIVE\n');
  writeFileSync(join(root, 'proc/uptime'), '100000.00 100000.00\n');
  let [sent, received, receives] = [0, 0, true];
  const [sentFile, receivedFile] = [openSync(join(counters, 'tx_pkts'), 'w'), openSync(join(counters, 'rx_pkts'), 'w')];
  const move = (): void => {
    sent += 500;
    if (receives) received += 500;
    // In place and in one piece, as the kernel's files change: no reader finds them empty.
    writeSync(sentFile, `${sent}\n`, 0);
    writeSync(receivedFile, `${received}\n`, 0);
  };
  move();
  const traffic = setInterval(move, 100);
  atEnd(() => {
    clearInterval(traffic);
    for (const file of [sentFile, receivedFile]) closeSync(file);
  });
  return { root, receive: (does) => void (receives = does) };
}
