import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { debianProgram, type DebianProgramName } from '../../debian-program.ts';
import { alertmanagerCommand } from './alertmanager-template.ts';
import { freePort, getJson, start, until, type Running } from '../processes.ts';

const DEPLOY = resolve(import.meta.dirname, '../../../deploy');

export interface RunningServer extends Running {
  readonly url: string;
}

async function pathOf(name: DebianProgramName): Promise<string> {
  const { path, missing } = await debianProgram(name);
  if (missing !== undefined) throw new Error(missing);
  return path;
}

interface Route {
  routes?: Route[];
  group_wait?: string;
  group_interval?: string;
  repeat_interval?: string;
}

/** The example configuration with its routes and inhibitions as they are, but quick, and every receiver at the webhook. */
function alertmanagerConfig(webhookUrl: string): string {
  const example = parse(readFileSync(join(DEPLOY, 'alertmanager/alertmanager.yaml'), 'utf8')) as { route: Route; receivers: { name: string }[] };
  const quicken = (route: Route): void => {
    Object.assign(route, { group_wait: '1s', group_interval: '1s' });
    route.routes?.forEach(quicken);
  };
  quicken(example.route);
  const receivers = example.receivers.map(({ name }) => ({ name, webhook_configs: [{ url: webhookUrl, send_resolved: true }] }));
  return stringify({ ...example, receivers });
}

/** Debian's Alertmanager, alone, on a port of its own; the same port again when one is given. */
export async function startAlertmanager(directory: string, webhookUrl: string, port?: number): Promise<RunningServer> {
  const file = join(directory, 'alertmanager.yaml');
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, alertmanagerConfig(webhookUrl));
  const url = `http://127.0.0.1:${port ?? (await freePort())}`;
  const options = ['--config.file', file, '--storage.path', join(directory, 'alertmanager'), '--web.listen-address', new URL(url).host, '--cluster.listen-address='];
  const [path, ...before] = await alertmanagerCommand(await pathOf('alertmanager'));
  const server = start('alertmanager', path, [...before, ...options]);
  await until('Alertmanager is ready', async () => ((await fetch(`${url}/-/ready`)).ok ? true : undefined), 30);
  return { ...server, url };
}

interface RuleFile {
  groups: { interval?: string; rules: { alert?: string; for?: string; keep_firing_for?: string }[] }[];
}

/** The rules as they are, but looked at every second, and none waits longer than `limitSeconds` to start or to end. */
function quickRules(limitSeconds: number): string {
  const file = parse(readFileSync(join(DEPLOY, 'prometheus/rules.yaml'), 'utf8')) as RuleFile;
  for (const group of file.groups) {
    group.interval = '1s';
    for (const rule of group.rules) {
      if (rule.for !== undefined) rule.for = atMost(rule.for, limitSeconds);
      if (rule.keep_firing_for !== undefined) rule.keep_firing_for = atMost(rule.keep_firing_for, limitSeconds);
    }
  }
  return stringify(file);
}

function atMost(written: string, limitSeconds: number): string {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  const seconds = [...written.matchAll(/(\d+)([smhd])/g)].reduce((sum, [, digits, unit]) => sum + Number(digits) * (units[unit ?? ''] ?? 0), 0);
  return `${Math.min(seconds, limitSeconds)}s`;
}

/** Debian's Prometheus with the rules of deploy/, which scrapes every second and gives a scrape one second. */
export async function startPrometheus(directory: string, targets: readonly string[], alertmanagerUrl: string): Promise<RunningServer> {
  mkdirSync(directory, { recursive: true });
  const [file, rules] = [join(directory, 'prometheus.yml'), join(directory, 'rules.yaml')];
  writeFileSync(rules, quickRules(5));
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s', external_labels: { cluster: 'e2e' } },
    rule_files: [rules],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }] },
    scrape_configs: [{ job_name: 'railmedic', static_configs: [{ targets: targets.map((url) => new URL(url).host) }] }],
  };
  writeFileSync(file, stringify(config));
  const url = `http://127.0.0.1:${await freePort()}`;
  const options = [
    ['--config.file', file],
    ['--storage.tsdb.path', join(directory, 'data')],
    ['--web.listen-address', new URL(url).host],
    ['--rules.alert.resend-delay', '1s'],
  ];
  const server = start('prometheus', await pathOf('prometheus'), options.flat());
  await until('Prometheus is ready', async () => ((await fetch(`${url}/-/ready`)).ok ? true : undefined), 30);
  return { ...server, url };
}

export interface ApiAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] };
}

/** What stands at an Alertmanager under a name. */
export async function alertsAt(server: RunningServer, alertname: string): Promise<readonly ApiAlert[]> {
  const filter = encodeURIComponent(`alertname="${alertname}"`);
  return (await getJson(`${server.url}/api/v2/alerts?filter=${filter}`)) as ApiAlert[];
}

/** State of an alert as Prometheus sees it: `pending`, `firing`, or undefined. */
export async function stateInPrometheus(server: RunningServer, alertname: string): Promise<string | undefined> {
  const { data } = (await getJson(`${server.url}/api/v1/alerts`)) as { data: { alerts: { labels: Record<string, string>; state: string }[] } };
  return data.alerts.find(({ labels }) => labels['alertname'] === alertname)?.state;
}

export async function query(server: RunningServer, expression: string): Promise<readonly { metric: Record<string, string>; value: [number, string] }[]> {
  const answer = (await getJson(`${server.url}/api/v1/query?query=${encodeURIComponent(expression)}`)) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return answer.data.result;
}
