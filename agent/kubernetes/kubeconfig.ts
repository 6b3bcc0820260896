import type { RequestOptions } from 'node:https';
import { delimiter } from 'node:path';
import { readOwnFile } from '../host/own-files.ts';
import type { Credentials } from './credentials.ts';
import { tokenFileOf } from './token-file.ts';

/**
 * A kubeconfig as kubectl reads it: current context, certificates, tokens, exec and OIDC plugins, proxies. Loaded only
 * where one is named, and only the part of the library that authenticates: its generated API is four megabytes of code.
 * `wanted`: a context of it, instead of the current one.
 */
export async function kubeconfigCredentials(paths: string, wanted?: string): Promise<Credentials> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const [first = '', ...others] = paths.split(delimiter).filter((path) => path !== '');
  const config = new KubeConfig();
  try {
    config.loadFromFile(first);
    for (const path of others) {
      const more = new KubeConfig();
      more.loadFromFile(path);
      config.mergeConfig(more, true);
    }
  } catch (cause) {
    throw new Error(`cannot read kubeconfig ${paths}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (wanted !== undefined) config.setCurrentContext(wanted);
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    const context = config.getCurrentContext();
    const found = context ? `${wanted === undefined ? 'current-context' : 'context'} ${JSON.stringify(context)} names no cluster of it` : 'no current-context';
    throw new Error(`cannot use kubeconfig ${paths}: got ${found}, expected a context with a cluster`);
  }
  // The library refuses plain HTTP unless verification is off; kubectl does not, and `kubectl proxy` is plain HTTP.
  const trusted = cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster;
  config.clusters = config.clusters.map((one) => (one.name === cluster.name ? trusted : one));
  const tokenFile = await tokenFileOf([first, ...others], config.getCurrentUser()?.name ?? '');
  return {
    server: cluster.server.replace(/\/+$/, ''),
    from: `kubeconfig ${paths}`,
    async connection() {
      const options: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(options);
      const { ca, cert, key, passphrase, pfx, servername, rejectUnauthorized, auth, agent } = options;
      const bearer = tokenFile === undefined ? {} : { authorization: `Bearer ${(await readOwnFile(tokenFile)).trim()}` };
      const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
      return {
        headers: { ...basic, ...plainHeaders(options.headers), ...bearer },
        tls: defined({ ca, cert, key, passphrase, pfx, servername, rejectUnauthorized }),
        // Its other agents hold the certificates of their first use.
        ...(cluster.proxyUrl && agent && typeof agent === 'object' && { agent }),
      };
    },
  };
}

function plainHeaders(headers: RequestOptions['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value).trim()]));
}

function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
