import { isIPv6 } from 'node:net';
import { ownFileExists, readOwnFile } from '../host/own-files.ts';
import type { Credentials } from './credentials.ts';

/** Where kubelet projects the token, the cluster's CA and the namespace into every container. */
const DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The service account of the pod this process runs in; in words why there is none otherwise. Read here and not by
 * `@kubernetes/client-node`: it is two files, and the library costs 12 MB of resident memory on every node.
 */
export function serviceAccount(environment: NodeJS.ProcessEnv, directory = DIRECTORY): Credentials | string {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (!host) return 'not in a cluster (KUBERNETES_SERVICE_HOST is not set)';
  const token = `${directory}/token`;
  if (!ownFileExists(token)) return `in a cluster, but without a service account token (${token} is missing)`;
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    from: 'the service account of this pod',
    async connection() {
      // Both change while the pod runs: the token hourly, the CA when it is rotated.
      const [text, ca] = await Promise.all([readOwnFile(token), readOwnFile(`${directory}/ca.crt`)]);
      return { headers: { authorization: `Bearer ${text.trim()}` }, tls: { ca } };
    },
  };
}
