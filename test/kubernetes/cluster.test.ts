import { afterEach, expect, test, vi } from 'vitest';
import { openCluster } from '../../agent/kubernetes/cluster.ts';
import type { NodeOptions } from '../../agent/options.ts';

const OPTIONS: NodeOptions = { hostRoot: '/', imds: false, imdsUrl: 'http://169.254.169.254', logFormat: 'text', logLevel: 'info' };
afterEach(() => vi.unstubAllEnvs());

test.each([
  ['a replay', { ...OPTIONS, capture: 'x' }, 'this is a replay'],
  ['switched off', { ...OPTIONS, kubernetes: false }, '--no-kubernetes was given'],
  ['nowhere', OPTIONS, 'not in a cluster (KUBERNETES_SERVICE_HOST is not set) and no kubeconfig (--kubeconfig, KUBECONFIG)'],
])('%s: no cluster, and why', async (_, options, feed) => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined);
  vi.stubEnv('KUBECONFIG', undefined);
  await expect(openCluster(options, 'n')).resolves.toMatchObject({ api: undefined, feed });
});

test('a kubeconfig of the environment that cannot be read is a source not seen; one that was asked for ends the call', async () => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined);
  vi.stubEnv('KUBECONFIG', '/nowhere/config');
  const { api, feed } = await openCluster(OPTIONS, 'n');
  expect(api).toBeUndefined();
  expect(() => typeof feed === 'string' || feed.read()).toThrow('cannot read kubeconfig /nowhere/config: ENOENT');
  await expect(openCluster({ ...OPTIONS, kubeconfig: '/nowhere/config' }, 'n')).rejects.toThrow('cannot read kubeconfig /nowhere/config: ENOENT');
});
