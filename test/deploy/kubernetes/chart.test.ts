import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import type { PlainMap } from '../../../deploy/kubernetes/source/tree.ts';
import { CHART, chartValues, findRenderer, merge } from './helm-render.ts';

const renderer = await findRenderer();
const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Readonly<Record<string, unknown>>;
const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as PlainMap;
const ajv = new Ajv({ allowUnionTypes: true, strict: false });

async function whyNot(over: PlainMap): Promise<string | undefined> {
  return ajv.validate(schema, merge(await chartValues(), over)) ? undefined : ajv.errorsText();
}

describe('what helm lint asks of a chart', () => {
  test('Chart.yaml has its fields, and the versions are those of the package', () => {
    expect(chart).toMatchObject({ apiVersion: 'v2', name: 'railmedic', type: 'application', version: packageJson.version, appVersion: packageJson.version });
    expect(String(chart['version'])).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('templates are YAML or text, without tabs or spaces at the end of a line', () => {
    const files = readdirSync(join(CHART, 'templates'));
    for (const file of files) {
      expect(file).toMatch(/^(_helpers\.tpl|NOTES\.txt|[a-z-]+\.yaml)$/);
      expect(readFileSync(join(CHART, 'templates', file), 'utf8'), file).not.toMatch(/\t|[ ]$/m);
    }
  });

  test('the values are what their schema says, and each has a place in it', async () => {
    expect(await whyNot({})).toBeUndefined();
    const { properties } = schema as { readonly properties: PlainMap };
    expect(Object.keys(properties).toSorted()).toEqual([...Object.keys(await chartValues()), 'global'].toSorted());
  });

  test.skipIf(renderer.missing !== undefined)('each value is used by a template', async () => {
    const text = readdirSync(join(CHART, 'templates')).map((file) => readFileSync(join(CHART, 'templates', file), 'utf8')).join('');
    expect(Object.keys(await chartValues()).filter((name) => !text.includes(`.Values.${name}`))).toEqual([]);
  });
});

describe('the schema refuses', () => {
  test.each([
    ['a mode that is none', { mode: 'rootless' }, 'data/mode must be equal to one of the allowed values'],
    ['a name that is mistyped', { runtimeClass: 'nvidia' }, 'data must NOT have additional properties'],
    ['a port in words', { port: '9477' }, 'data/port must be integer'],
    ['a digest without its kind', { image: { digest: 'abc' } }, 'data/image/digest must match pattern'],
    ['all nodes at once as a share of nothing', { maxUnavailable: '10' }, 'data/maxUnavailable must be integer'],
    ['an interval without a unit that is known', { interval: '5 seconds' }, 'data/interval must match pattern'],
  ])('%s', async (_name, values, words) => {
    expect(await whyNot(values)).toContain(words);
  });
});

describe.skipIf(renderer.missing !== undefined)('NOTES.txt', () => {
  const notes = async (values: PlainMap): Promise<string> => (await renderer.render(values))['templates/NOTES.txt'] ?? '';

  test('of the default says who reaches the port, and what makes GPUs seen', async () => {
    const text = await notes({});
    expect(text).toContain('a NetworkPolicy does not hold for pods on the');
    expect(text).toContain('--set runtimeClassName=nvidia');
    expect(text).toContain('kubectl -n railmedic rollout status daemonset/railmedic');
    expect(text).not.toMatch(/[ ]$|\n\n\n/m);
  });

  test('of mode restricted says what is not seen', async () => {
    const text = await notes({ mode: 'restricted', runtimeClassName: 'nvidia', podMonitor: { enabled: true } });
    expect(text).toMatch(/does not see the kernel log[^]*names each as not seen\.\n\nThe condition GpuProblem [^]*PartlySeen[^]*it is not asked\.\n$/);
  });
});
