import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { check, say } from './check.ts';
import { Lab, type Scene } from './lab.ts';
import { adminQueueClosed, oomKill, restart } from './scenes/kernel-log.ts';
import { cardErrors } from './scenes/card-errors.ts';
import { defaultWindow } from './scenes/default-window.ts';
import { deviceVanishes } from './scenes/device-vanishes.ts';
import { diagnoseDuringBlock } from './scenes/diagnose.ts';
import { efaOneWay, everyPortOneWay } from './scenes/efa-one-way.ts';
import { healthy } from './scenes/healthy.ts';
import { rxeOneWay } from './scenes/rxe-one-way.ts';
import { slowCard, stopDuringSlowRead } from './scenes/slow-card.ts';

/** In this order: the first ones share one agent. */
const SCENES: Readonly<Record<string, Scene>> = {
  healthy,
  'efa-one-way': efaOneWay,
  'rxe-one-way': rxeOneWay,
  'every-port-one-way': everyPortOneWay,
  'card-errors': cardErrors,
  'slow-card': slowCard,
  'device-vanishes': deviceVanishes,
  'admin-queue-closed': adminQueueClosed,
  'oom-kill': oomKill,
  restart,
  'stop-during-slow-read': stopDuringSlowRead,
  diagnose: diagnoseDuringBlock,
  'default-window': defaultWindow,
};

const asked = existsSync('/share/scenes') ? readFileSync('/share/scenes', 'utf8').trim().split(',') : Object.keys(SCENES);
const lab = new Lab();
await lab.traffic.start();
await lab.startAgent('first');
say(`node ${process.version}, traffic flows, the agent looks`);
for (const name of asked) {
  say(`scene ${name}`);
  try {
    const scene = SCENES[name];
    if (!scene) throw new Error(`unknown scene; there are ${Object.keys(SCENES).join(', ')}`);
    await scene(lab);
  } catch (error) {
    check(`${name} runs through`, false, error instanceof Error ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}` : String(error));
    lab.heal();
  }
}
await lab.stopAgent();
await lab.traffic.stop();
const faults = execFileSync('dmesg', { encoding: 'utf8' }).match(/.*(?:BUG:|Oops|general protection).*/g) ?? [];
check('the kernel is sound', faults.length === 0, faults.join(' | '));
