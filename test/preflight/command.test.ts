import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preflight, type PreflightOptions } from '../../agent/commands/preflight.ts';
import { pod } from '../rules/manifest/manifests.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'preflight-'));
  await mkdir(join(directory, 'deep', '.git'), { recursive: true });
  await writeFile(join(directory, 'good.yaml'), pod('image: a:1'));
  await writeFile(join(directory, 'deep', 'bad.json'), JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: [{ name: 'a', image: 'a' }] } }));
  await writeFile(join(directory, 'deep', '.git', 'no.yaml'), 'a: [');
  await writeFile(join(directory, 'picture.yaml'), Buffer.from([0x89, 0x50, 0, 0, 1]));
  await writeFile(join(directory, 'notes.txt'), 'a: [');
  await symlink('..', join(directory, 'deep', 'loop'));
  await symlink('nowhere', join(directory, 'deep', 'gone.yaml'));
});
afterAll(() => rm(directory, { recursive: true }));

async function run(names: readonly string[], options: PreflightOptions = {}, input = ''): Promise<{ readonly status: number; readonly text: string }> {
  const printed: string[] = [];
  const terminal = { width: 200, colour: false, print: (text: string) => void printed.push(text), progress: () => {} };
  return { status: await preflight(names, options, terminal, Readable.from([input])), text: printed.join('').replaceAll(directory, 'DIR') };
}

test('a directory: every manifest below it, and no loop, binary or repository', async () => {
  const { status, text } = await run([directory], { rules: 'LatestImage,manifestinvalid' });
  expect(status).toBe(1);
  expect(text).toContain('railmedic preflight  2 files, 2 objects, 2 workloads');
  expect(text).toContain('  DIR/deep/bad.json:1  Pod/default/x\n');
  expect(text).toContain('left aside      DIR/picture.yaml:1: file: it is not a text file');
});

test('standard input', async () => {
  const { status, text } = await run(['-'], { json: true }, pod('image: a'));
  expect(status).toBe(1);
  expect(JSON.parse(text)).toMatchObject({ findings: [{ rule: 'LatestImage', file: '-', line: 8 }] });
});

test('SARIF of what a code host is to show, with the page of the rule', async () => {
  const { text } = await run([join(directory, 'deep')], { sarif: true });
  expect(text).toContain('"uri": "file://DIR/deep/bad.json"');
  expect(text).toContain('## When it is harmless');
});

describe('a call that cannot be meant', () => {
  test('says what was expected', async () => {
    await expect(run([])).rejects.toThrow('preflight: expected files or directories of manifests, or - for standard input, got none');
    await expect(run(['-'], { json: true, sarif: true })).rejects.toThrow('choose one');
    await expect(run(['-'], { rules: 'FabricOneWayTraffic' })).rejects.toThrow('--rules: FabricOneWayTraffic judges nodes; railmedic diagnose asks it');
    await expect(run([join(directory, 'missing.yaml')])).rejects.toThrow(/cannot read .*missing\.yaml/);
  });

  test('a file that is named and is no text, and one without any object, are not called healthy', async () => {
    expect(await run([join(directory, 'picture.yaml')])).toMatchObject({ status: 3, text: expect.stringContaining('not judged      DIR/picture.yaml:1: not read: it is not a text file') });
    expect(await run(['-'], {}, 'a: 1\n')).toMatchObject({ status: 3, text: expect.stringContaining('no Kubernetes object found in -; expected YAML or JSON with apiVersion and kind') });
  });

  test('an option that would do nothing', async () => {
    const file = join(directory, 'good.yaml');
    await expect(run([file], { aws: true })).rejects.toThrow('preflight: --aws is for --cluster, which is missing; files are read without a cluster');
    await expect(run([file], { namespace: 'ml' })).rejects.toThrow('--namespace is for --cluster');
    await expect(run([file], { deny: true })).rejects.toThrow('--deny is for --emit-policy');
    await expect(run([], { emitPolicy: true, json: true })).rejects.toThrow('--emit-policy prints policies and takes no --json');
    await expect(run([file], { aws: false, deny: false, cluster: false })).resolves.toMatchObject({ status: 0 });
  });

  test('what was not judged is not called healthy: unknown kinds alone, and pods of a kind nobody knows', async () => {
    expect(await run(['-'], {}, 'apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: a }\n')).toMatchObject({ status: 3, text: expect.stringContaining('not judged      -:1: nothing was judged: no rule knows Thing of example.com/v1') });
    const workflow = 'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: { name: w }\nspec: { templates: [{ name: a, container: { image: "a:1" } }] }\n';
    expect((await run(['-'], {}, `${workflow}---\n${pod('image: a:1')}`)).status).toBe(3);
    expect(await run(['-'], {}, `apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: { name: a }\n---\n${pod('image: a:1')}`)).toMatchObject({
      status: 0,
      text: expect.stringContaining('left aside      -:1: HorizontalPodAutoscaler/default/a: its fields were not checked: there is no schema of'),
    });
  });
});
