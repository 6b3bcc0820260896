import { openSync, read, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What Node itself takes for the reading, once a second: every counter by one pread on a held descriptor, the first of each
 * device off the loop, since a card may take seconds to answer. Nothing is parsed, kept, judged or told. Prints the CPU
 * milliseconds of one look. Arguments: the tree, looks to warm up, looks to measure.
 */
const [root = '', warmUp = '10', measured = '40'] = process.argv.slice(2);
const devices = join(root, 'sys/class/infiniband');
const cards = readdirSync(devices).map((name) => {
  const directory = join(devices, name, 'ports/1/counters');
  return readdirSync(directory).map((file) => openSync(join(directory, file), 'r'));
});
const buffer = Buffer.alloc(64);

function offTheLoop(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => read(descriptor, Buffer.alloc(64), 0, 64, 0, (error) => (error ? reject(error) : resolve())));
}

let before: NodeJS.CpuUsage | undefined;
for (let look = -Number(warmUp); look < Number(measured); look += 1) {
  if (look === 0) before = process.cpuUsage();
  await Promise.all(
    cards.map(async ([first, ...others]) => {
      if (first !== undefined) await offTheLoop(first);
      for (const descriptor of others) readSync(descriptor, buffer, 0, 64, 0);
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
const { user, system } = process.cpuUsage(before);
console.log(((user + system) / 1000 / Number(measured)).toFixed(2));
