import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { seconds } from './check.ts';

type EfaParameter = 'tx_pps' | 'rx_pps' | 'fail_stats' | 'stats_delay_ms';

/** What the stand-in for the EFA card does from now on (lab/efa_com_shim.c). */
export function setCard(values: Partial<Record<EfaParameter, number>>): void {
  for (const [name, value] of Object.entries(values)) writeFileSync(`/sys/module/efa/parameters/${name}`, String(value));
}

/** A counter of port 1, read apart from the agent. */
export function counter(device: string, name: string): bigint {
  return BigInt(readFileSync(`/sys/class/infiniband/${device}/ports/1/hw_counters/${name}`, 'utf8').trim());
}

/** Drops what arrives for RoCE v2 (UDP 4791) at one end of the pair. */
export function blockArrivals(netdev: 'veth0' | 'veth1'): void {
  execFileSync('nft', ['add', 'rule', 'inet', 'block', 'in', 'iifname', netdev, 'udp', 'dport', '4791', 'counter', 'drop']);
}

export function unblock(): void {
  execFileSync('nft', ['flush', 'chain', 'inet', 'block', 'in']);
}

export function deleteRxe1(): void {
  execFileSync('rdma', ['link', 'delete', 'rxe1']);
}

export function addRxe1(): void {
  execFileSync('rdma', ['link', 'add', 'rxe1', 'type', 'rxe', 'netdev', 'veth1']);
}

/**
 * Two streams of unreliable-connection writes, rxe0 to rxe1 and back. Nothing acknowledges them: a sender cannot notice a
 * block and keeps sending, as EFA's do. At the lowest priority, so that they leave the emulated processors to the agent.
 */
export class Traffic {
  #processes: ChildProcess[] = [];

  async start(): Promise<void> {
    await this.#stream('rxe0', 'rxe1', 23_451);
    await this.#stream('rxe1', 'rxe0', 23_452);
    const until = Date.now() + 30_000;
    const from = [counter('rxe0', 'rcvd_pkts'), counter('rxe1', 'rcvd_pkts')] as const;
    while (counter('rxe0', 'rcvd_pkts') < from[0] + 100n || counter('rxe1', 'rcvd_pkts') < from[1] + 100n) {
      if (Date.now() > until) throw new Error('the soft-RoCE devices exchange no packets: see /share/out/traffic.log');
      await seconds(0.2);
    }
  }

  async stop(): Promise<void> {
    const ended = this.#processes.map(async (process) => {
      if (process.exitCode === null && process.signalCode === null) await new Promise((resolve) => process.once('exit', resolve));
    });
    for (const process of this.#processes) process.kill('SIGKILL');
    await Promise.all(ended);
    this.#processes = [];
  }

  async #stream(sender: string, receiver: string, port: number): Promise<void> {
    const options = ['-c', 'UC', '-s', '4096', '-D', '1800', '-F', '-p', String(port)];
    this.#spawn(['-d', receiver, '-x', gidIndex(receiver), ...options]);
    const listening = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
    const until = Date.now() + 30_000;
    while (!listeners().some((line) => line.includes(listening) && line.includes(' 0A '))) {
      if (Date.now() > until) throw new Error(`ib_write_bw on ${receiver} does not listen on port ${port}: see /share/out/traffic.log`);
      await seconds(0.1);
    }
    this.#spawn(['-d', sender, '-x', gidIndex(sender), ...options, '127.0.0.1']);
  }

  #spawn(args: readonly string[]): void {
    const log = openSync('/share/out/traffic.log', 'a');
    const command = 'ulimit -l unlimited; exec nice -n 19 ib_write_bw "$@"';
    this.#processes.push(spawn('bash', ['-c', command, 'traffic', ...args], { stdio: ['ignore', log, log] }));
  }
}

function listeners(): readonly string[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].filter((path) => existsSync(path)).flatMap((path) => readFileSync(path, 'utf8').split('\n'));
}

/** The slot of the IPv4 RoCE v2 address, among the first: a soft-RoCE device has 1024. */
function gidIndex(device: string): string {
  const directory = `/sys/class/infiniband/${device}/ports/1`;
  for (const slot of readdirSync(`${directory}/gids`).filter((name) => Number(name) < 8)) {
    try {
      const isV2 = readFileSync(`${directory}/gid_attrs/types/${slot}`, 'utf8').trim() === 'RoCE v2';
      if (isV2 && readFileSync(`${directory}/gids/${slot}`, 'utf8').includes(':ffff:0a09:')) return slot;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error; // an empty slot
    }
  }
  throw new Error(`${device} has no RoCE v2 address of 10.9.0.0/24`);
}
