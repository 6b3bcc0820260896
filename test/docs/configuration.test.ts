import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { parse } from 'yaml';
import { configSchema, parseConfig } from '../../agent/config/parse.ts';
import { DEFAULT_CONFIG } from '../../agent/config.ts';
import { ENVIRONMENT } from '../../docs/source/configuration/environment.ts';
import { KEY_WORDS } from '../../docs/source/configuration/key-words.ts';
import { schemaKeys } from '../../docs/source/configuration/schema-keys.ts';
import { thresholdWords, THRESHOLD_WORDS } from '../../docs/source/configuration/thresholds.ts';
import { RULES } from '../../rules/index.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/configuration.md');
const example = read('docs/railmedic.example.yaml');

test('every key of the schema has its words, and no other has', () => {
  const keys = schemaKeys(configSchema).map(({ path }) => path);
  expect(keys.length).toBeGreaterThan(30);
  expect(Object.keys(KEY_WORDS).toSorted(), 'docs/source/configuration/key-words.ts: add or remove the key, then npm run generate').toEqual(keys.toSorted());
});

test('every threshold of a rule has its words, and no other has', () => {
  const thresholds = RULES.flatMap(({ name, settings }) => Object.keys(settings).map((key) => ({ name, key })));
  const silent = thresholds.filter(({ name, key }) => thresholdWords(name, key) === '').map(({ name, key }) => `${name}.${key}`);
  expect(silent, 'docs/source/configuration/thresholds.ts: add a line, then npm run generate').toEqual([]);
  const known = new Set(thresholds.flatMap(({ name, key }) => [`${name}.${key}`, `*.${key}`]));
  expect(Object.keys(THRESHOLD_WORDS).filter((name) => !known.has(name)), 'docs/source/configuration/thresholds.ts: no rule has it').toEqual([]);
});

test('every variable of the environment that the code reads is named', () => {
  const sources = globSync('{agent,exporters,rules}/**/*.ts', { cwd: root }).map(read).join('\n');
  const inCode = [...sources.matchAll(/\b(?:env|environment)(?:\['([A-Z_]+)'\]|\.([A-Z_]+)\b)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  expect([...new Set(inCode)].toSorted()).toEqual(ENVIRONMENT.map(([name]) => name).toSorted());
});

test('every option that the commands define is in the page', () => {
  const sources = globSync('agent/*.ts', { cwd: root }).map(read).join('\n');
  const flags = new Set([...sources.matchAll(/'(--[a-z][a-z-]+)[ '][^'\n]*/g)].map((match) => match[1] ?? ''));
  expect(flags.size).toBeGreaterThan(30);
  expect([...flags].filter((flag) => !page.includes(`| \`${flag}`)), 'npm run generate').toEqual([]);
});

describe('docs/railmedic.example.yaml', () => {
  test('is a configuration', () => {
    const { rules, suppressions, required, exporters } = parseConfig(example, 'docs/railmedic.example.yaml', RULES);
    expect(rules['FabricOneWayTraffic']?.thresholds).toEqual({ windowSeconds: 60, packets: 1000 });
    expect(suppressions).toHaveLength(1);
    expect(required).toEqual({ mounts: [{ path: '/shared', type: 'lustre' }], ports: ['mlx5_0/1'] });
    expect(exporters.alertmanager?.basicAuth?.username).toBe('railmedic');
  });

  test('has every key, written out or as a comment', () => {
    const names = schemaKeys(configSchema).map(({ path }) => path.split('.').at(-1)?.replace('[]', '') ?? '');
    expect(names.filter((name) => name !== '<name>' && !new RegExp(`(^|[\\s{,-])${name}:`).test(example))).toEqual([]);
  });

  test('says the defaults of the cluster outputs as they are', () => {
    const written = (parse(example) as { exporters: { kubernetes: unknown } }).exporters.kubernetes;
    expect(v.parse(configSchema, { exporters: { kubernetes: {} } }).exporters.kubernetes).toEqual(written);
  });

  test('the error that the page shows is the one that is said', () => {
    const text = 'rules:\n  HugepagesMissing: { off: true }\n  FabricOneWayTraffic:\n    thresholds: { packet: 1000 }\n';
    const [, shown] = /^railmedic: (railmedic\.yaml.*)$/m.exec(page) ?? [];
    expect(() => parseConfig(text, 'railmedic.yaml', RULES)).toThrow(shown);
  });
});

test('no file is the same as an empty one', () => {
  expect(parseConfig('', 'empty', RULES)).toEqual(DEFAULT_CONFIG);
});
