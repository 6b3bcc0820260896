import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pod } from '../rules/manifest/manifests.ts';

test('a report that is longer than a pipe holds reaches a slow reader whole', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../agent/main.ts'), 'preflight', '-', '--json'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { promise: closed, resolve } = Promise.withResolvers<number | null>();
  child.on('close', resolve);
  child.stdin.end(Array.from({ length: 400 }, (_, index) => pod('image: a').replace('name: test', `name: test-${index}`)).join('\n---\n'));
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    pieces.push(piece);
    if (pieces.length === 1) await delay(300);
  }
  expect(await closed).toBe(1);
  const text = Buffer.concat(pieces).toString();
  expect(text.length).toBeGreaterThan(200_000);
  expect((JSON.parse(text) as { findings: readonly unknown[] }).findings).toHaveLength(400);
});
