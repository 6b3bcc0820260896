import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { debianProgram } from '../../promtool.ts';

const run = promisify(execFile);
const CONFIG = join(import.meta.dirname, '../../../deploy/alertmanager/alertmanager.yaml');
const amtool = await debianProgram('amtool');

describe.skipIf(amtool.missing !== undefined)(`amtool ${amtool.missing ?? ''}`, () => {
  test('accepts the example configuration', async () => {
    const { stdout } = await run(amtool.path, ['check-config', CONFIG]);
    expect(stdout).toContain('SUCCESS');
    expect(stdout).toContain(' - 3 receivers');
  });

  test.each([
    ['pager', ['alertname=FabricOneWayTraffic', 'severity=critical', 'node=n1', 'cluster=prod']],
    ['pager', ['alertname=FleetXidBurst', 'severity=critical']],
    ['chat', ['alertname=FabricOneWayTraffic', 'severity=warning', 'node=n1', 'cluster=prod']],
    ['chat', ['alertname=RailmedicAgentMissing', 'severity=warning', 'scope=node', 'node=n1']],
    ['nobody', ['alertname=SomethingElse', 'severity=info']],
    ['chat', ['alertname=SomethingElse']],
  ])('routes to %s: %j', async (receiver, labels) => {
    const { stdout } = await run(amtool.path, ['config', 'routes', 'test', '--config.file', CONFIG, `--verify.receivers=${receiver}`, ...labels]);
    expect(stdout.trim()).toBe(receiver);
  });
});
