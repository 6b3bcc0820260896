import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runAgent } from '../agent/commands/agent.ts';
import type { Report } from '../agent/model.ts';
import { addEfa } from './collectors/infiniband-tree.ts';
import { nodeTree } from './collectors/node-tree.ts';

/** One run of the agent, until after its first look. */
async function run(hostRoot: string): Promise<Report> {
  const stop = new AbortController();
  const reports: Report[] = [];
  const options = { hostRoot, stateDir: join(hostRoot, 'state'), nodeName: 'node-1', listen: { host: '127.0.0.1', port: 0 }, interval: 5, imds: false, imdsUrl: '', kubernetes: false, logFormat: 'text', logLevel: 'error' } as const;
  const onLook = (report: Report): void => {
    reports.push(report);
    stop.abort();
  };
  await runAgent(options, stop.signal, { logTo: () => {}, onLook });
  return reports[0] as Report;
}

test('a device that went away while the agent was down is missed, also where no record of the kernel log can be read', { timeout: 30_000 }, async () => {
  using tree = nodeTree({ 'proc/sys/kernel/random/boot_id': '6f1c2f0e-0000-4000-8000-000000000001\n' });
  addEfa(tree, 'rdmap16s0', '0000:00:1d.0');
  addEfa(tree, 'rdmap17s0', '0000:00:1e.0');
  expect((await run(tree.root)).snapshot).toMatchObject({ 'kernel-log': { status: 'absent' }, infiniband: { value: { vanished: [] } } });
  tree.remove('sys/class/infiniband/rdmap17s0');
  expect((await run(tree.root)).snapshot).toMatchObject({ infiniband: { value: { vanished: ['rdmap17s0'] } } });
});
