import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { writeLink, writeText } from '../agent/host/write.ts';

/** A directory of its own for one test, gone after it. A target that begins with `->` makes a link. */
export async function directoryWith(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'railmedic-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    if (text.startsWith('->')) await writeLink(join(directory, path), text.slice(2));
    else await writeText(join(directory, path), text);
  }
  return directory;
}

/** The text of a capture.json with one look, or what is given besides. */
export function described(more: object = {}): string {
  return JSON.stringify({ version: 1, description: '', takenAt: '2026-11-01T00:00:00.000Z', hostname: 'node', looks: [{ seconds: 0 }], ...more });
}
