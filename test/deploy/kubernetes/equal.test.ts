import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installObjects } from '../../../deploy/kubernetes/source/artefacts.ts';
import { DEFAULTS, type Settings } from '../../../deploy/kubernetes/source/settings.ts';
import type { PlainMap } from '../../../deploy/kubernetes/source/tree.ts';
import { findRenderer, merge, objectsOf } from './helm-render.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const renderer = await findRenderer();
const kustomize = whyNoKustomize();

/** Objects by kind and name; text that is YAML is compared by what it says. */
function byName(objects: readonly PlainMap[]): Readonly<Record<string, PlainMap>> {
  const named = objects.map((object) => {
    const { kind, metadata, data } = object as { readonly kind: string; readonly metadata: { readonly name: string }; readonly data?: { readonly 'config.yaml'?: string } };
    const read = data?.['config.yaml'] === undefined ? object : { ...object, data: parse(data['config.yaml']) as PlainMap };
    return [`${kind}/${metadata.name}`, read] as const;
  });
  expect(new Set(named.map(([name]) => name)).size).toBe(named.length);
  return Object.fromEntries(named);
}
const withoutNamespace = (objects: readonly PlainMap[]): readonly PlainMap[] => objects.filter(({ kind }) => kind !== 'Namespace');
const settingsWith = (settings: Partial<Settings>): Settings => merge(DEFAULTS as unknown as PlainMap, settings) as unknown as Settings;
const source = (settings: Partial<Settings>): Readonly<Record<string, PlainMap>> => byName(installObjects(settingsWith(settings)));

test('install.yaml is the source with its defaults', () => {
  expect(byName(objectsOf(readFileSync(join(ROOT, 'deploy/install.yaml'), 'utf8')))).toEqual(source({}));
});

describe('the chart, rendered by its own template engine, is the same as the source', () => {
  const everything = {
    image: { repository: 'r.example/x', tag: 'v9', digest: `sha256:${'a'.repeat(64)}`, pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'pull' }],
    port: 9999,
    interval: '2s',
    logFormat: 'json',
    runtimeClassName: 'nvidia',
    kubeletRoot: '/var/snap/kubelet',
    config: { exporters: { kubernetes: { taint: true } }, rules: { EfaImpairedPath: { severity: 'info' } } },
    resources: { requests: { cpu: '1' } },
    kernelLogResources: { limits: { memory: '1Gi' } },
    nodeSelector: { a: 'b' },
    tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }],
    priorityClassName: '',
    maxUnavailable: 1,
    podAnnotations: { 'x/y': 'true' },
    podLabels: { team: 'night' },
    serviceAccountAnnotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/x' },
    extraArgs: ['--log-level', 'debug'],
    extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://10.0.0.1:3128' }],
    extraVolumes: [{ name: 'shared', hostPath: { path: '/shared', type: 'Directory' } }],
    extraVolumeMounts: [{ name: 'shared', mountPath: '/host/shared', readOnly: true }],
    networkPolicy: { enabled: true, from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }] },
    podMonitor: { enabled: true, interval: '30s', labels: { release: 'prometheus' } },
    serviceMonitor: { enabled: true, interval: '20s', labels: { release: 'prometheus' } },
    admissionPolicy: true,
    podLogs: true,
  } satisfies Partial<Settings>;
  const cases: Readonly<Record<string, Partial<Settings>>> = {
    'with its defaults': {},
    restricted: { mode: 'restricted' },
    privileged: { mode: 'privileged' },
    'without a look at processes': { processes: false },
    'for a collector on the node': { listen: 'loopback' },
    'without a network policy': { networkPolicy: { enabled: false, from: [] } },
    'with everything set': everything,
    'restricted with everything set': { ...everything, mode: 'restricted' },
    'privileged with everything set': { ...everything, mode: 'privileged', listen: 'loopback' },
  };

  test.skipIf(renderer.missing !== undefined).each(Object.entries(cases))('%s', async (_name, settings) => {
    const { 'templates/NOTES.txt': notes, ...files } = await renderer.render(settings);
    expect(byName(Object.values(files).flatMap(objectsOf))).toEqual(byName(withoutNamespace(installObjects(settingsWith(settings)))));
    expect(notes).toContain(`mode ${settings.mode ?? 'default'}`);
  });
});

describe('kustomize', () => {
  let overlay: string;
  beforeAll(() => {
    overlay = mkdtempSync(join(ROOT, 'deploy/kustomize/.test-'));
  });
  afterAll(() => rmSync(overlay, { recursive: true }));

  async function build(...components: readonly string[]): Promise<Readonly<Record<string, PlainMap>>> {
    const path = (name: string): string => relative(overlay, join(ROOT, 'deploy/kustomize', name));
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [path('base')],
      components: components.map((name) => path(`components/${name}`)),
    };
    writeFileSync(join(overlay, 'kustomization.yaml'), JSON.stringify(kustomization));
    return byName(objectsOf((await run('kubectl', ['kustomize', overlay], { timeout: 30_000 })).stdout));
  }
  const it = test.skipIf(kustomize !== undefined);

  it('base is install.yaml', async () => expect(await build()).toEqual(source({})));
  it('component restricted is the mode', async () => expect(await build('restricted')).toEqual(source({ mode: 'restricted' })));
  it('component privileged is the mode', async () => expect(await build('privileged')).toEqual(source({ mode: 'privileged' })));
  it('components join', async () => {
    const settings: Partial<Settings> = {
      mode: 'privileged',
      runtimeClassName: 'nvidia',
      podMonitor: { ...DEFAULTS.podMonitor, enabled: true },
      admissionPolicy: true,
      config: { exporters: { kubernetes: { taint: true } } },
      podLogs: true,
    };
    const expected = source(settings);
    const built = await build('privileged', 'nvidia-runtime', 'monitoring', 'admission-policy', 'taint', 'pod-logs');
    // kustomize does not restart what reads a ConfigMap; the chart's mark of it is the chart's own.
    const template = (expected['DaemonSet/railmedic'] as { spec: { template: { metadata: { annotations: Record<string, string> } } } }).spec.template;
    delete template.metadata.annotations['checksum/config'];
    expect(built).toEqual(expected);
  });
});

if (renderer.missing !== undefined) test.skip(`the chart's equality: ${renderer.missing}`);
if (kustomize !== undefined) test.skip(`the equality of kustomize: ${kustomize}`);

/** Components need kustomize 4, which kubectl has since 1.21. */
function whyNoKustomize(): string | undefined {
  const needed = 'kubectl 1.21 or later is needed (Debian: apt-get install kubernetes-client brings 1.20, which is too old; https://kubernetes.io/docs/tasks/tools/)';
  try {
    const { clientVersion } = JSON.parse(execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' })) as { clientVersion: { minor: string; gitVersion: string } };
    return Number.parseInt(clientVersion.minor, 10) >= 21 ? undefined : `${needed}; found ${clientVersion.gitVersion}`;
  } catch (error) {
    return `${needed}: ${String(error).split('\n', 1).join('')}`;
  }
}
