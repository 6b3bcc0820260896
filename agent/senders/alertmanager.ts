import { alertmanagerExporter, type AlertmanagerExporter, type AlertmanagerOptions, type PeerClock, type Post } from '../../exporters/alertmanager.ts';
import type { AlertmanagerConfig } from '../config/alertmanager.ts';
import type { HttpRequest } from '../host.ts';
import { fetchWhole } from '../host/http.ts';
import { readOwnFile } from '../host/own-files.ts';
import { beginningOfBody } from '../host/whole-body.ts';
import { NODE_RULES } from '../../rules/index.ts';

export interface AlertmanagerSurroundings extends Pick<AlertmanagerOptions, 'intervalSeconds' | 'note' | 'onFailure'> {
  readonly listen: { readonly host: string; readonly port: number };
}

/** The exporter that the configuration asks for. */
export function openAlertmanager(config: AlertmanagerConfig, { listen, ...options }: AlertmanagerSurroundings): AlertmanagerExporter {
  const generatorUrl = pageUrl(listen);
  return alertmanagerExporter({
    ...options,
    peers: config.urls.map((url) => ({ name: url, post: poster(url, config) })),
    labels: config.labels,
    refreshSeconds: config.refreshSeconds,
    clock: liveClock,
    runbookBase: config.runbookBase,
    dashboardBase: config.dashboardBase,
    ruleTitles: new Map(NODE_RULES.map(({ name, title }) => [name, title])),
    ...(generatorUrl !== undefined && { generatorUrl }),
  });
}

/** The node's page, where another machine can open it: the link of an alert that leads to its source. */
function pageUrl({ host, port }: AlertmanagerSurroundings['listen']): string | undefined {
  if (port === 0 || /^(127\.|0\.0\.0\.0$|localhost$|::1?$)/.test(host)) return undefined;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

/** Posts to one Alertmanager. Its answer is a few words; more is not read. */
export function poster(url: string, config: AlertmanagerConfig): Post {
  return async (body, signal) => {
    const request: HttpRequest = {
      url: `${url}/api/v2/alerts`,
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(await authorization(config)) },
      body,
      timeoutSeconds: config.timeoutSeconds,
      maxBytes: 64 * 1024,
      signal,
      ...(config.caFile !== undefined && { ca: await readOwnFile(config.caFile) }),
    };
    const answer = await fetchWhole(request, beginningOfBody);
    return {
      status: answer.status,
      body: answer.body,
      dateMs: numberOr(Date.parse(answer.headers.date ?? '')),
      retryAfterSeconds: numberOr(Number(answer.headers['retry-after'] ?? Number.NaN)),
    };
  };
}

function numberOr(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** Read at every request: a token is replaced under the agent's feet, by Kubernetes every hour. */
async function authorization({ basicAuth, bearerTokenFile }: AlertmanagerConfig): Promise<Record<string, string>> {
  if (bearerTokenFile !== undefined) return { Authorization: `Bearer ${await secret(bearerTokenFile)}` };
  if (basicAuth === undefined) return {};
  const pair = `${basicAuth.username}:${await secret(basicAuth.passwordFile)}`;
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Never said in an error: only where it should stand. */
async function secret(file: string): Promise<string> {
  const text = (await readOwnFile(file)).trim();
  if (!/^[\u0020-\u007e\u0080-\uffff]+$/.test(text)) {
    throw new Error(`cannot use ${file}: got ${text === '' ? 'nothing' : 'more than one line'}, expected a password or token on one line`);
  }
  return text;
}

const liveClock: PeerClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  later(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
