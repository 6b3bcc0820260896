import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { RULES } from '../rules/index.ts';
import { rulesReadme } from '../rules/readme.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = globSync('{agent,rules,exporters,deploy,docs}/**/*.ts', { cwd: root });
const HEADINGS = ['Symptom', 'Cause', 'Check', 'Fix', 'When it is harmless', 'References'];

/** Files below rules/<group>/ that define a rule, and the rule each defines. */
const ruleFiles = globSync('rules/*/*.ts', { cwd: root }).filter((path) => read(path).includes('defineRule('));

describe('a rule is one file, one page, one test, one line in the index', () => {
  test.each(ruleFiles)('%s is in rules/index.ts', (path) => {
    const name = /name: '(\w+)'/.exec(read(path))?.[1];
    expect(RULES.map((rule) => rule.name), `add the rule of ${path} to RULES in rules/index.ts`).toContain(name);
  });

  test.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (_, rule) => {
    const file = rule.page.replace(/\.md$/, '.ts');
    const testFile = `test/${file.replace(/\.ts$/, '.test.ts')}`;
    expect(existsSync(join(root, file)), `make ${file}, or let the rule's page be named as its file`).toBe(true);
    expect(existsSync(join(root, rule.page)), `make ${rule.page}`).toBe(true);
    if (rule.name !== 'AgentRuleFailed') expect(existsSync(join(root, testFile)), `make ${testFile}`).toBe(true);
    const page = read(rule.page);
    const front: unknown = parse(/^---\n([\s\S]*?)\n---\n/.exec(page)?.[1] ?? '');
    expect(front, `front matter of ${rule.page}`).toEqual({ rule: rule.name, severity: rule.severity, title: rule.title, group: rule.group });
    expect([...page.matchAll(/^## (.+)$/gm)].map((match) => match[1]), `headings of ${rule.page}`).toEqual(HEADINGS);
    expect(page.split('\n').length, `${rule.page} is to be read in one go`).toBeLessThanOrEqual(100);
    expect(page, `${rule.page} has unfinished parts`).not.toMatch(/TODO|FIXME|TBD/);
  });

  test('names are unique and PascalCase', () => {
    const names = RULES.map((rule) => rule.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^([A-Z][a-z0-9]*)+$/);
  });

  test('rules/README.md is what npm run generate writes', () => {
    expect(read('rules/README.md'), 'run npm run generate').toBe(rulesReadme(RULES));
  });
});

describe('imports go one way', () => {
  const allowed: readonly (readonly [RegExp, RegExp])[] = [
    [/^agent\/model(\/|\.ts$)/, /^agent\/model\//],
    [/^agent\/parse\//, /^agent\/(parse\/|model\.ts$)/],
    [/^agent\/collectors\//, /^agent\/(collectors\/|parse\/|model\.ts$|host\.ts$|collector\.ts$)/],
    [/^agent\/host\//, /^agent\/host(\/|\.ts$)/],
    [/^rules\//, /^(rules\/|agent\/model\.ts$)/],
    [/^exporters\//, /^(exporters\/|agent\/model\.ts$)/],
    [/^deploy\//, /^(deploy\/|rules\/|agent\/model\.ts$|package(-lock)?\.json$)/],
  ];

  test.each(sources)('%s', (path) => {
    const rule = allowed.find(([from]) => from.test(path));
    if (!rule) return;
    for (const [, target] of read(path).matchAll(/from '(\.[^']+)'/g)) {
      const imported = relative(root, resolve(root, dirname(path), target ?? ''));
      expect(imported, `${path} may not import ${imported}`).toMatch(rule[1]);
    }
  });

  test('only the door touches files and programs', () => {
    const touching = sources.filter((path) => /from '(node:)?(fs|fs\/promises|child_process)'/.test(read(path)));
    expect(touching.filter((path) => !path.startsWith('agent/host')).toSorted()).toEqual(['deploy/generate.ts', 'docs/generate.ts', 'rules/generate.ts']);
  });
});

describe('how the code looks', () => {
  const files = [...sources, ...globSync('test/**/*.ts', { cwd: root })];

  test('a file is kebab-case and not named for nothing', () => {
    for (const path of files) {
      expect(basename(path)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/);
      expect(path).not.toMatch(/(^|\/)(utils?|helpers?|manager|base|common|misc)(\/|\.ts$)/);
    }
  });

  test('the median source file is about eighty lines', () => {
    const lengths = sources.map((path) => read(path).split('\n').length).toSorted((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(100);
  });

  test('no file, page or script names a place on the machine it was written on', () => {
    const texts = [...files, ...globSync(['*.{json,md,yaml,ts}', 'rules/**/*.md', 'docs/**/*.md', '.ci/*', 'test/**/*.{sh,md,json}'], { cwd: root })];
    for (const path of texts) {
      if (path.startsWith('node_modules') || path === 'package-lock.json') continue;
      expect(/(?<![\w.])\/(work|root)\/(?!share)/.exec(path === 'test/repository.test.ts' ? '' : read(path))?.[0], path).toBeUndefined();
    }
  });
});
