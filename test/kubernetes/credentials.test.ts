import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../agent/kubernetes/client.ts';
import { kubeconfigCredentials } from '../../agent/kubernetes/kubeconfig.ts';
import { openKubernetes } from '../../agent/kubernetes/open.ts';
import { serviceAccount } from '../../agent/kubernetes/service-account.ts';
import { FakeApi } from './fake-api.ts';

const { signal } = new AbortController();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'credentials-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};

describe('the service account of the pod', () => {
  const environment = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

  test('is read anew for each request: the token rotates', async () => {
    write('token', 'first\n');
    write('ca.crt', 'CA');
    const account = serviceAccount(environment, directory);
    if (typeof account === 'string') throw new Error(account);
    expect(account.server).toBe('https://10.96.0.1:443');
    expect(await account.connection()).toEqual({ headers: { authorization: 'Bearer first' }, tls: { ca: 'CA' } });
    write('token', 'second');
    expect((await account.connection()).headers).toEqual({ authorization: 'Bearer second' });
  });

  test('an expired token is refused, the new one is not', async () => {
    const api = await FakeApi.open();
    write('token', 'old');
    write('ca.crt', 'CA');
    const account = serviceAccount(environment, directory);
    if (typeof account === 'string') throw new Error(account);
    const client = new ApiClient({ credentials: { ...account, server: `http://127.0.0.1:${api.port}`, connection: async () => ({ ...(await account.connection()), tls: {} }) }, nodeName: 'n', userAgent: 'railmedic/test' });
    api.instead.push((_request, response) => response.writeHead(401).end('{"kind":"Status","message":"Unauthorized"}'));
    await expect(client.request({ method: 'GET', path: '/api/v1/pods' }, signal)).rejects.toMatchObject({ message: 'GET /api/v1/pods: 401 Unauthorized: Unauthorized', status: 401 });
    write('token', 'new');
    await client.request({ method: 'GET', path: '/api/v1/pods' }, signal);
    expect(api.tokens).toEqual(['Bearer old', 'Bearer new']);
    await api.close();
  });

  test('IPv6, and why there is none', () => {
    write('token', 'x');
    expect(serviceAccount({ KUBERNETES_SERVICE_HOST: 'fd00::1' }, directory)).toMatchObject({ server: 'https://[fd00::1]:443' });
    expect(serviceAccount({}, directory)).toBe('not in a cluster (KUBERNETES_SERVICE_HOST is not set)');
    expect(serviceAccount(environment, '/nowhere')).toBe('in a cluster, but without a service account token (/nowhere/token is missing)');
  });
});

describe('a kubeconfig', () => {
  test('a tokenFile is read anew for each request, by its place beside the kubeconfig', async () => {
    write('token', 'first\n');
    const credentials = await kubeconfigCredentials(
      write('config', 'current-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\nclusters: [{name: a, cluster: {server: https://named}}]\nusers: [{name: b}, {name: a, user: {tokenFile: token, token: never}}]\n'),
    );
    expect((await credentials.connection()).headers).toEqual({ authorization: 'Bearer first' });
    write('token', 'second');
    expect((await credentials.connection()).headers).toEqual({ authorization: 'Bearer second' });
    rmSync(join(directory, 'token'));
    await expect(credentials.connection()).rejects.toThrow(/token: /);
  });

  const config = (server: string, user: string): string => `
apiVersion: v1
kind: Config
current-context: here
contexts: [{ name: here, context: { cluster: lab, user: me } }]
clusters: [{ name: lab, cluster: { server: "${server}" } }]
users: [{ name: me, user: ${user} }]
`;

  test('with a token, over plain HTTP as kubectl proxy has it', async () => {
    const api = await FakeApi.open();
    const credentials = await kubeconfigCredentials(write('config', config(`http://127.0.0.1:${api.port}/`, '{ token: secret }')));
    const client = new ApiClient({ credentials, nodeName: 'n', userAgent: 'railmedic/test' });
    await client.request({ method: 'GET', path: '/api/v1/pods' }, signal);
    expect(api.tokens).toEqual(['Bearer secret']);
    await api.close();
  });

  test('with an exec plugin that hangs: the request ends all the same', async () => {
    const path = write('config', config('https://127.0.0.1:1', '{ exec: { apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ["2"] } }'));
    const client = new ApiClient({ credentials: await kubeconfigCredentials(path), nodeName: 'n', userAgent: 'railmedic/test', requestSeconds: 0.2 });
    await expect(client.request({ method: 'GET', path: '/x' }, signal)).rejects.toThrow('GET /x: no answer from https://127.0.0.1:1 within 0.2 s');
  });

  test('that cannot be read, or names no cluster', async () => {
    await expect(kubeconfigCredentials('/nowhere/config')).rejects.toThrow(/^cannot read kubeconfig \/nowhere\/config: ENOENT/);
    const path = write('config', 'apiVersion: v1\nkind: Config\ncurrent-context: gone\ncontexts: []\nclusters: []\nusers: []\n');
    await expect(kubeconfigCredentials(path)).rejects.toThrow(
      `cannot use kubeconfig ${path}: got current-context "gone" names no cluster of it, expected a context with a cluster`,
    );
  });
});

test('which credentials are taken, and that nobody is taken unasked', async () => {
  const base = { nodeName: 'n', version: '0' };
  await expect(openKubernetes({ ...base, environment: { HOME: directory } })).resolves.toBe(
    'not in a cluster (KUBERNETES_SERVICE_HOST is not set) and no kubeconfig (--kubeconfig, KUBECONFIG)',
  );
  const kubeconfig = write('config', 'current-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\nclusters: [{name: a, cluster: {server: https://named}}]\nusers: [{name: a, user: {}}]\n');
  await expect(openKubernetes({ ...base, environment: { KUBECONFIG: kubeconfig } })).resolves.toMatchObject({ server: 'https://named' });
  await expect(openKubernetes({ ...base, kubeconfig, environment: { KUBERNETES_SERVICE_HOST: 'other' } })).resolves.toMatchObject({ server: 'https://named' });
});
