import { check } from '../check.ts';
import { liveNode, startAgent } from '../live-node.ts';
import { until } from '../../processes.ts';
import { alertsAt, query, startAlertmanager, startPrometheus, stateInPrometheus, type RunningServer } from '../servers.ts';
import { startWebhook } from '../webhook.ts';

const RULE = 'FabricOneWayTraffic';

/** Agent, Prometheus with the rules of deploy/, Alertmanager with the example configuration, webhook; then the node heals. */
export async function throughPrometheus(directory: string): Promise<void> {
  const webhook = await startWebhook();
  const node = liveNode(directory);
  node.receive(true);
  const agent = await startAgent(directory, node.root, 'node-scraped');
  const alertmanager = await startAlertmanager(directory, webhook.url);
  const prometheus = await startPrometheus(directory, [agent.url], alertmanager.url);
  await until('a scrape within its second', async () => ((await query(prometheus, 'up == 1')).length === 1 ? true : undefined));
  check('a healthy node: nothing stands', await stateInPrometheus(prometheus, RULE), undefined);
  // The node has no /proc, so that a source fails: what Prometheus itself waits for.
  check('a source that fails is pending first', await statesUntilFiring(prometheus, 'RailmedicCollectorFailing'), ['pending', 'firing']);

  node.receive(false);
  // The rule speaks at once, so that Prometheus waits for one more evaluation (`for: 30s`, told here faster).
  check('a finding that the agent tells at once is pending first', await statesUntilFiring(prometheus, RULE), ['pending', 'firing']);
  const [alert] = await until('the alert at Alertmanager', async () => nonEmpty(await alertsAt(alertmanager, RULE)));
  const { alertname, severity, node: name, subject, cluster } = alert?.labels ?? {};
  check('its labels', { alertname, severity, name, subject, cluster }, {
    alertname: RULE,
    severity: 'warning',
    name: 'node-scraped',
    subject: 'rdmap16s0/1',
    cluster: 'e2e',
  });
  check('its annotations name the page', /one-way-traffic/.test(alert?.annotations['runbook_url'] ?? ''), true);
  await until('the webhook is told', () => (webhook.story(RULE).includes('firing') ? true : undefined));

  node.receive(true);
  await until('the webhook is told of the end', () => (webhook.story(RULE).includes('resolved') ? true : undefined), 90);
  check('the story at the webhook', webhook.story(RULE), ['firing', 'resolved']);
  check('every scrape came within its second', (await query(prometheus, 'min_over_time(up[5m])')).map(({ value }) => value[1]), ['1']);
  await Promise.all([agent.stop(), prometheus.stop(), alertmanager.stop()]);
}

async function statesUntilFiring(prometheus: RunningServer, alertname: string): Promise<readonly string[]> {
  const states = new Set<string>();
  await until(`${alertname} fires in Prometheus`, async () => {
    const state = await stateInPrometheus(prometheus, alertname);
    if (state !== undefined) states.add(state);
    return state === 'firing' ? true : undefined;
  });
  return [...states];
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}
