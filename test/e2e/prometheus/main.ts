import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, say, verdict } from './check.ts';
import { lastWords, stopAll } from '../processes.ts';
import { bothPaths } from './scenes/both-paths.ts';
import { agentKilled, alertmanagerDown, direct } from './scenes/direct.ts';
import { hostile } from './scenes/hostile.ts';
import { routed } from './scenes/routed.ts';
import { throughPrometheus } from './scenes/through-prometheus.ts';

const SCENES: Readonly<Record<string, (directory: string) => Promise<void>>> = {
  'through-prometheus': throughPrometheus,
  direct,
  'agent-killed': agentKilled,
  'alertmanager-down': alertmanagerDown,
  'both-paths': bothPaths,
  routed,
  hostile,
};

const wanted = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'railmedic-e2e-'));
try {
  // They mostly wait, so that all together take as long as the longest.
  await Promise.all(Object.entries(SCENES).filter(([name]) => wanted.length === 0 || wanted.includes(name)).map(play));
  process.exitCode = verdict();
  // Scenes that came to their end have stopped theirs.
  console.log(lastWords());
} finally {
  await stopAll();
  rmSync(scratch, { recursive: true, force: true });
}

async function play([name, scene]: [string, (directory: string) => Promise<void>]): Promise<void> {
  const directory = join(scratch, name);
  mkdirSync(directory);
  say(`SCENE ${name}`);
  try {
    await scene(directory);
    say(`SCENE ${name} done`);
  } catch (error) {
    fail(name, error);
  }
}
