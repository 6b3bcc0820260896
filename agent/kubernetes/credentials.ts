import type { Agent } from 'node:http';
import type { SecureContextOptions } from 'node:tls';

/** Who the agent is at the API server, and how it knows the server. */
export interface Credentials {
  /** `https://10.96.0.1:443`, without a slash at the end. */
  readonly server: string;
  /** For messages: `the service account of this pod`, `kubeconfig /home/me/.kube/config`. */
  readonly from: string;
  /** Asked before each request: a projected token changes hourly, a certificate of an exec plugin too. */
  connection(): Promise<Connection>;
}

export interface Connection {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: SecureContextOptions & { readonly servername?: string; readonly rejectUnauthorized?: boolean };
  /** Only where a proxy is between. */
  readonly agent?: Agent;
}
