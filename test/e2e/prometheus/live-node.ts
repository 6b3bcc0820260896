import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { atEnd, start, until, type Running } from '../processes.ts';

const MAIN = resolve(import.meta.dirname, '../../../agent/main.ts');

/** A node of plain files with one EFA, whose counters move by themselves. */
export interface LiveNode {
  readonly root: string;
  /** From now on it receives what it sends, or does not. */
  receive(does: boolean): void;
}

export function liveNode(directory: string): LiveNode {
  const root = join(directory, 'root');
  const device = join(root, 'sys/class/infiniband/rdmap16s0');
  const counters = join(device, 'ports/1/hw_counters');
  mkdirSync(counters, { recursive: true });
  mkdirSync(join(device, 'device'), { recursive: true });
  writeFileSync(join(device, 'device/vendor'), '0x1d0f\n');
  writeFileSync(join(device, 'device/device'), '0xefa1\n');
  let [sent, received, receives] = [0, 0, false];
  const move = (): void => {
    sent += 500;
    if (receives) received += 500;
    writeFileSync(join(counters, 'tx_pkts'), `${sent}\n`);
    writeFileSync(join(counters, 'rx_pkts'), `${received}\n`);
  };
  move();
  const traffic = setInterval(move, 100);
  atEnd(() => clearInterval(traffic));
  return { root, receive: (does) => void (receives = does) };
}

export interface Agent extends Running {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
}

/** A real agent on such a node, that looks every second and judges by short windows. `exporters`: YAML in flow style. */
export async function startAgent(directory: string, root: string, nodeName: string, exporters = '{}'): Promise<Agent> {
  const config = join(directory, 'railmedic.yaml');
  writeFileSync(
    config,
    `rules: { FabricOneWayTraffic: { clearAfterSeconds: 2, thresholds: { windowSeconds: 3 } } }\nexporters: ${exporters}\n`,
  );
  const options = {
    '--host-root': root,
    '--node-name': nodeName,
    '--config': config,
    '--listen': '127.0.0.1:0',
    '--interval': '1s',
    '--state-dir': join(directory, 'state'),
  };
  const agent = start(`agent ${nodeName}`, process.execPath, [MAIN, 'agent', '--no-imds', ...Object.entries(options).flat()]);
  const url = await until('the address of the agent', () => /http:\/\/127\.0\.0\.1:\d+/.exec(agent.output())?.[0], 30);
  return { ...agent, url };
}
