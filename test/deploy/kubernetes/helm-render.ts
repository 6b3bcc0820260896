import { execFile } from 'node:child_process';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import type { PlainMap } from '../../../deploy/kubernetes/source/tree.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
export const CHART = join(ROOT, 'deploy/helm/railmedic');
const SOURCE = join(import.meta.dirname, 'helm-render');
const PROGRAM = join(ROOT, '.work/helm-render/helm-render');
const NEEDS = 'apt-get install --no-install-recommends golang-go golang-github-masterminds-sprig-dev golang-gopkg-yaml.v3-dev';

export interface Renderer {
  /** Why there is none; in CI that is an error. */
  readonly missing: string | undefined;
  /** Each file's text by its name (`templates/daemon-set.yaml`), with the chart's values merged with these. */
  render(values: PlainMap): Promise<Readonly<Record<string, string>>>;
}

export async function findRenderer(): Promise<Renderer> {
  try {
    if (!(await isFresh())) await build();
    return { missing: undefined, render };
  } catch (cause) {
    const missing = `the chart cannot be rendered without Go and sprig (${NEEDS}): ${String(cause).split('\n', 2).join(' ')}`;
    if (process.env['CI']) throw new Error(missing, { cause });
    return { missing, render };
  }
}

async function isFresh(): Promise<boolean> {
  const [made, source] = await Promise.all([stat(PROGRAM).catch(() => undefined), stat(join(SOURCE, 'main.go'))]);
  return made !== undefined && made.mtimeMs > source.mtimeMs;
}

async function build(): Promise<void> {
  await mkdir(join(PROGRAM, '..'), { recursive: true });
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: join(PROGRAM, '../cache'), GOFLAGS: '-p=2', CGO_ENABLED: '0' };
  await run('go', ['build', '-o', PROGRAM, join(SOURCE, 'main.go')], { env, timeout: 300_000 });
}

export async function chartValues(): Promise<PlainMap> {
  return parse(await readFile(join(CHART, 'values.yaml'), 'utf8')) as PlainMap;
}

async function render(values: PlainMap): Promise<Readonly<Record<string, string>>> {
  const request = { chart: CHART, release: 'railmedic', namespace: 'railmedic', kubeVersion: 'v1.36.0', values: merge(await chartValues(), values) };
  const running = run(PROGRAM, [], { timeout: 30_000, maxBuffer: 16 << 20 });
  running.child.stdin?.end(JSON.stringify(request));
  return JSON.parse((await running).stdout) as Record<string, string>;
}

/** As Helm merges what a person sets over a chart's values: maps by their keys, all else replaced. */
export function merge(base: PlainMap, over: PlainMap): PlainMap {
  const isMap = (value: unknown): value is PlainMap => typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(over)])].map((key) => {
      const [below, above] = [base[key], over[key]];
      return [key, (isMap(below) && isMap(above) ? merge(below, above) : (above ?? below)) ?? null];
    }),
  );
}

/** Every object of a multi-document text. */
export function objectsOf(text: string): readonly PlainMap[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`no YAML: ${document.errors[0]?.message}\n${text}`);
    const found = document.toJS() as PlainMap | null;
    return found === null ? [] : [found];
  });
}
