import { existsSync, readFileSync } from 'node:fs';
import type { CaptureFacts } from '../../agent/capture/layout.ts';
import { parseFieldHelp, selectFields } from '../../agent/parse/smi-fields.ts';
import { dmonText } from './dmon-text.ts';
import type { Gpus } from './gpus.ts';
import { gpuUuid, queryText } from './query-text.ts';
import type { Load, Work } from './work.ts';

type Command = NonNullable<CaptureFacts['commands']>[number];

const REAL = new URL('../fake-nvidia-smi/captures/', import.meta.url);
const FORMAT = '--format=csv,noheader,nounits';
const SAMPLES = 6;
const SAMPLE_SECONDS = 5;

/** What nvidia-smi says on this node: as a real one did, or of GPUs that are made up. */
export function nvidiaSmi(gpus: Gpus, nodeName: string): readonly Command[] {
  return 'recorded' in gpus.says ? recorded(gpus.says.recorded) : madeUp(gpus, gpus.says.work, nodeName);
}

/** The query was asked once: its answer stands for a stream, and is said again and again. */
function recorded(name: string): readonly Command[] {
  const [header = '', ...rows] = (textOf(name, 'query.csv') ?? '').split('\n');
  return [
    command(['--help-query-gpu'], textOf(name, 'fields.txt')),
    command([`--query-gpu=${header.replaceAll(', ', ',')}`, FORMAT, '-lms', '1000'], rows.join('\n')),
    command(['dmon', '-s', 'pucvmet', '-d', '1'], textOf(name, 'dmon.txt')),
    command(['-L'], textOf(name, 'list.txt')),
    command(['--version'], textOf(name, 'version.txt')),
  ].flat();
}

function madeUp(gpus: Gpus, work: Work, nodeName: string): readonly Command[] {
  const { addresses, card, driver } = gpus;
  const help = helpText();
  const fields = selectFields(parseFieldHelp(help.split('\n')), new Set());
  const indices = [...addresses.keys()];
  const samples = Array.from({ length: SAMPLES }, (_, sample): readonly Load[] => indices.map((gpu) => work(card, gpu, sample)));
  const query = [`--query-gpu=${fields.map(({ query: name }) => name).join(',')}`, FORMAT, '-lms', `${SAMPLE_SECONDS * 1000}`];
  const dmon = ['dmon', '-s', 'pucvmet', '-d', `${SAMPLE_SECONDS}`, '-i', indices.join(',')];
  const list = indices.map((gpu) => `GPU ${gpu}: ${card.name} (UUID: ${gpuUuid(nodeName, gpu)})\n`).join('');
  const version = `NVIDIA-SMI version  : ${driver}\nNVML version        : ${driver.slice(0, 6)}\nDRIVER version      : ${driver}\nCUDA Version        : 13.0\n`;
  return [
    command(['--help-query-gpu'], help),
    command(query, queryText(gpus, samples, fields, nodeName)),
    command(dmon, dmonText(card, samples)),
    command(['-L'], list),
    command(['--version'], version),
  ].flat();
}

function command(args: readonly string[], stdout: string | undefined): readonly Command[] {
  return stdout === undefined ? [] : [{ program: 'nvidia-smi', args: [...args], stdout }];
}

/** Of a real 580 the lines of those fields that the agent asks for, and of three that it does not. */
function helpText(): string {
  const lines = (textOf('h200-580', 'fields.txt') ?? '').split('\n');
  const known = selectFields(parseFieldHelp(lines), new Set()).map(({ query }) => query);
  const names = new Set(['timestamp', 'serial', 'vbios_version', ...known]);
  const kept = lines.filter((line) => [...parseFieldHelp([line])].some((name) => names.has(name)));
  return [lines[0] ?? '', ...kept].map((line) => `${line}\n\n`).join('');
}

function textOf(capture: string, file: string): string | undefined {
  const url = new URL(`${capture}/${file}`, REAL);
  return existsSync(url) ? readFileSync(url, 'utf8') : undefined;
}
