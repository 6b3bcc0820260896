import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { overlaysOf, scriptOf } from './overlays.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'railmedic-job-'));
  await mkdir(join(root, 'bin'));
  await mkdir(join(root, 'nemo-rl'));
  await program('sleep', 'true');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function program(name: string, body: string): Promise<void> {
  const path = join(root, 'bin', name);
  await writeFile(path, `#!/bin/bash\necho "${name} $*" >> ${root}/calls\n${body}\n`);
  await chmod(path, 0o755);
}

/** Runs the Job's own script with `ray` and `python` as they are written here; its status and what it called. */
async function runPod(index: number, signal?: NodeJS.Signals): Promise<{ status: number | null; calls: readonly string[]; errors: string }> {
  const [overlay] = overlaysOf(['grpo-indexed-job']);
  const script = scriptOf(overlay?.objects ?? []).replaceAll('/shared/', `${root}/shared/`).replace('cd /opt/nemo-rl', `cd ${root}/nemo-rl`);
  const environment = { PATH: `${root}/bin:/usr/bin:/bin`, JOB_COMPLETION_INDEX: String(index), JOB_NAME: 'grpo-indexed', JOB_UID: 'uid-1', NAMESPACE: 'ml' };
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  if (signal) await stoppedOnce(child, signal);
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const calls = existsSync(join(root, 'calls')) ? (await readFile(join(root, 'calls'), 'utf8')).trim().split('\n') : [];
  return { status, calls, errors };
}

/** Sends the signal when the training has begun. */
async function stoppedOnce(child: ReturnType<typeof spawn>, signal: NodeJS.Signals): Promise<void> {
  while (!existsSync(join(root, 'training'))) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill(signal);
}

const succeeded = (): string => join(root, 'shared/runs/uid-1/succeeded');
const training = (body: string): Promise<void> => program('python', `[ "$1" = - ] && exit 0\n${body}`);

describe('the head', () => {
  test('ends with 0 and says so on the volume when the training does', async () => {
    await program('ray', 'true');
    await training('pwd >> "$(dirname "$0")/../calls"');
    const { status, calls } = await runPod(0);
    expect([status, existsSync(succeeded())]).toEqual([0, true]);
    expect(calls.map((call) => call.split(' ').slice(0, 3).join(' '))).toEqual(['ray start --head', 'python -', 'python examples/run_grpo.py cluster.num_nodes=2', `${root}/nemo-rl`, 'ray stop --force']);
  });

  test('ends with the status of a training that failed, and says nothing', async () => {
    await program('ray', 'true');
    await training('exit 3');
    const { status, calls } = await runPod(0);
    expect([status, existsSync(succeeded()), calls.at(-1)]).toEqual([3, false, 'ray stop --force']);
  });

  test('trains nothing where the other node does not come', async () => {
    await program('ray', 'true');
    await program('python', 'exit 1');
    const { status, calls } = await runPod(0);
    expect([status, calls.filter((call) => call.includes('run_grpo'))]).toEqual([1, []]);
  });

  test('stops at once when it is told to, in the midst of the training', async () => {
    await program('ray', 'true');
    await training(`exec 2>/dev/null\ntouch ${root}/training\n/bin/sleep 5\ntouch ${root}/finished`);
    const { status, calls } = await runPod(0, 'SIGTERM');
    expect([status, existsSync(join(root, 'finished')), existsSync(succeeded()), calls.at(-1)]).toEqual([143, false, false, 'ray stop --force']);
  });
});

describe('the worker', () => {
  const head = 'grpo-indexed-0.grpo-nodes.ml.svc.cluster.local:6379';

  test('joins the head of its own Job, and ends with 0 after a success even though Ray ends with an error', async () => {
    await program('ray', `[ "$1" = start ] && { mkdir -p ${root}/shared/runs/uid-1; touch ${succeeded()}; exit 1; }; true`);
    const { status, calls } = await runPod(1);
    expect([status, calls[0]]).toEqual([0, `ray health-check --address ${head}`]);
    expect(calls[1]).toContain(`ray start --address=${head} `);
  });

  test('ends with an error when the head went without a success, whatever another Job left', async () => {
    await mkdir(join(root, 'shared/runs/uid-0'), { recursive: true });
    await writeFile(join(root, 'shared/runs/uid-0/succeeded'), '');
    await program('ray', '[ "$1" = start ] && exit 7; true');
    const { status, errors } = await runPod(1);
    expect([status, errors.trim()]).toEqual([1, 'Ray ended with 7 and the head has reported no success']);
  });

  test('gives up on a head that does not come', async () => {
    await program('ray', 'exit 1');
    const { status, calls, errors } = await runPod(1);
    expect([status, calls.filter((call) => call.startsWith('ray'))]).toEqual([1, Array.from({ length: 180 }, () => `ray health-check --address ${head}`)]);
    expect(errors.trim()).toBe(`no Ray head at ${head} after 30 minutes: is the pod grpo-indexed-0 running?`);
  });
});
