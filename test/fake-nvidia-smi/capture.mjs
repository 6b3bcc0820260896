import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CAPTURES = fileURLToPath(new URL('captures', import.meta.url));

/** Settings from the control file, which is read again before every sample, over those from the environment. */
export function readControl(kind) {
  const file = process.env.FAKE_NVIDIA_SMI_CONTROL;
  const settings = { capture: process.env.FAKE_NVIDIA_SMI_CAPTURE ?? 'h200-580', gpus: Number(process.env.FAKE_NVIDIA_SMI_GPUS ?? 1) };
  if (file === undefined || !existsSync(file)) return settings;
  const written = JSON.parse(readFileSync(file, 'utf8') || '{}');
  // `query` and `dmon` hold what is only for one of the two.
  return { ...settings, ...written, ...written[kind] };
}

/** Rows as objects by field name, the help, and the recorded dmon where there is one. */
export function readCapture({ capture }) {
  const directory = isAbsolute(capture) ? capture : join(CAPTURES, capture);
  const text = (name) => (existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : undefined);
  const [header, ...rows] = text('query.csv').trimEnd().split('\n');
  const names = header.split(', ');
  const help = text('fields.txt') ?? `List of valid properties to query for the switch "--query-gpu":\n\n${names.map((name) => `"${name}"\n`).join('\n')}`;
  return {
    names,
    rows: rows.map((row) => Object.fromEntries(row.split(', ').map((cell, at) => [names[at], cell]))),
    help,
    aliases: aliasesOf(help),
    dmon: text('dmon.txt'),
    version: text('version.txt'),
  };
}

/** Every name of the help to the first name on its line. */
function aliasesOf(help) {
  const lines = help.split('\n').filter((line) => line.startsWith('"'));
  return new Map(
    lines.flatMap((line) => {
      const names = [...line.matchAll(/"([^"]+)"/g)].map((match) => match[1]);
      return names.map((name) => [name, names[0]]);
    }),
  );
}
