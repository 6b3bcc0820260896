import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { firing, summary, type ReportView } from '../agent.ts';
import { check, say } from '../check.ts';
import { setCard } from '../fabric.ts';
import type { Scene } from '../lab.ts';

/** One who asks once, during the block, gets the answer. */
export const diagnoseDuringBlock: Scene = async (lab) => {
  await lab.stopAgent();
  setCard({ rx_pps: 0 });
  const watch = ['/share/dist/railmedic.js', 'diagnose', '--no-imds', '--duration', '4s', '--interval', '1s'];
  const json = spawnSync('node', [...watch, '--json'], { encoding: 'utf8', timeout: 60_000 });
  writeFileSync('/share/out/diagnose.json', json.stdout);
  // The card has received before: a warning, status 1; critical only where it never has.
  check('diagnose: exit status 1 or 2', json.status === 1 || json.status === 2, `exit ${json.status}: ${json.stderr}`);
  const report = JSON.parse(json.stdout) as ReportView;
  check('diagnose: --json lists FabricOneWayTraffic on efa_0/1', firing(report, 'FabricOneWayTraffic', 'efa_0/1') !== undefined, summary(report));
  const text = spawnSync('node', watch, { encoding: 'utf8', timeout: 60_000 });
  writeFileSync('/share/out/diagnose.txt', text.stdout + text.stderr);
  check('diagnose: the page for a person names it too', text.stdout.includes('FabricOneWayTraffic') && text.stdout.includes('efa_0/1'), text.stdout);
  check('diagnose: both give the same exit status', text.status === json.status, `${json.status} and ${text.status}`);
  lab.heal();
  const well = spawnSync('node', [...watch, '--json'], { encoding: 'utf8', timeout: 60_000 });
  say(`diagnose: exit ${json.status} during the block, ${well.status} after it`);
  check('diagnose: FabricOneWayTraffic is gone after the recovery', firing(JSON.parse(well.stdout) as ReportView, 'FabricOneWayTraffic') === undefined, well.stdout);
};
