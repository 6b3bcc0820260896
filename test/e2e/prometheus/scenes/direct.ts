import { check } from '../check.ts';
import { liveNode, startAgent } from '../live-node.ts';
import { freePort, until } from '../../processes.ts';
import { alertsAt, startAlertmanager, type ApiAlert } from '../servers.ts';
import { startWebhook } from '../webhook.ts';

const RULE = 'FabricOneWayTraffic';
/** An alert then lives for four times this long. */
const REFRESH_SECONDS = 2;

function exporters(...urls: readonly string[]): string {
  return `{ alertmanager: { urls: ${JSON.stringify(urls)}, labels: { cluster: e2e }, refreshSeconds: ${REFRESH_SECONDS}, runbookBase: "https://example.com/" } }`;
}

/** Agent and Alertmanager, nothing between them: it fires, stands for longer than it lives without a refresh, and ends. */
export async function direct(directory: string): Promise<void> {
  const webhook = await startWebhook();
  const alertmanager = await startAlertmanager(directory, webhook.url);
  const node = liveNode(directory);
  const agent = await startAgent(directory, node.root, 'node-direct', exporters(`http://127.0.0.1:${await freePort()}`, alertmanager.url));
  const first = await until('the alert at Alertmanager, whatever the dead peer does', async () => (await alertsAt(alertmanager, RULE))[0]);
  check('direct: its labels', first.labels, { alertname: RULE, rule: RULE, severity: 'critical', node: 'node-direct', subject: 'rdmap16s0/1', cluster: 'e2e' });
  check('direct: it tells what to type', first.annotations['check'] !== undefined && first.annotations['cause'] !== undefined, true);
  check('direct: its page', first.annotations['runbook_url'], 'https://example.com/rules/fabric/one-way-traffic.md');
  await until('the webhook is told', () => (webhook.story(RULE).includes('firing') ? true : undefined));
  const refreshed = (alert: ApiAlert | undefined): true | undefined =>
    alert && Date.parse(alert.endsAt) - Date.parse(first.endsAt) > 4 * REFRESH_SECONDS * 1000 ? true : undefined;
  await until('refreshes until it has outlived its first end', async () => refreshed((await alertsAt(alertmanager, RULE))[0]));
  check('direct: it has been firing all the time', webhook.story(RULE), ['firing']);

  node.receive(true);
  await until('the webhook is told of the end', () => (webhook.story(RULE).includes('resolved') ? true : undefined));
  check('direct: the story at the webhook', webhook.story(RULE), ['firing', 'resolved']);
  const log = agent.output().split('\n').filter((line) => line.includes('takes no alerts'));
  check('direct: the dead peer is logged once', log.length, 1);
  const metrics = await (await fetch(`${agent.url}/metrics`)).text();
  check('direct: and counted', /railmedic_exporter_failures_total\{exporter="alertmanager"\} [1-9]/.test(metrics), true);
  const up = [...metrics.matchAll(/^railmedic_alertmanager_up\{alertmanager=".*"\} (\d)$/gm)].map((match) => match[1]);
  check('direct: the metrics say which is up', up, ['0', '1']);
  await Promise.all([agent.stop(), alertmanager.stop()]);
}

/** A killed agent tells nothing any more: Alertmanager ends its alerts by itself. */
export async function agentKilled(directory: string): Promise<void> {
  const webhook = await startWebhook();
  const alertmanager = await startAlertmanager(directory, webhook.url);
  const node = liveNode(directory);
  const agent = await startAgent(directory, node.root, 'node-killed', exporters(alertmanager.url));
  await until('the webhook is told', () => (webhook.story(RULE).includes('firing') ? true : undefined));
  await agent.stop('SIGKILL');
  await until('the webhook is told of the end', () => (webhook.story(RULE).includes('resolved') ? true : undefined));
  check('killed: the story at the webhook', webhook.story(RULE), ['firing', 'resolved']);
  await alertmanager.stop();
}

/** It fires while Alertmanager is down, and arrives when it comes; it ends while it is down again, and that arrives too. */
export async function alertmanagerDown(directory: string): Promise<void> {
  const webhook = await startWebhook();
  const port = await freePort();
  const node = liveNode(directory);
  const agent = await startAgent(directory, node.root, 'node-early', exporters(`http://127.0.0.1:${port}`));
  await until('the finding in the log', () => (/CRITICAL +FabricOneWayTraffic/.test(agent.output()) ? true : undefined));
  await until('the words that nobody takes it', () => (agent.output().includes('Alertmanager takes no alerts') ? true : undefined));
  const first = await startAlertmanager(directory, webhook.url, port);
  await until('the webhook is told', () => (webhook.story(RULE).includes('firing') ? true : undefined), 90);
  check('down: the log says that it is back', /INFO +Alertmanager takes alerts again after/.test(agent.output()), true);

  await first.stop();
  node.receive(true);
  await until('the end in the log', () => (/CLEARED +FabricOneWayTraffic/.test(agent.output()) ? true : undefined));
  check('down: nobody was told of the end yet', webhook.story(RULE), ['firing']);
  const second = await startAlertmanager(directory, webhook.url, port);
  await until('the webhook is told of the end', () => (webhook.story(RULE).includes('resolved') ? true : undefined), 90);
  check('down: the story at the webhook', webhook.story(RULE), ['firing', 'resolved']);
  await Promise.all([agent.stop(), second.stop()]);
}
