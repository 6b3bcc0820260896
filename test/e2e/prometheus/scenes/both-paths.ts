import { setTimeout } from 'node:timers/promises';
import { check } from '../check.ts';
import { liveNode, startAgent } from '../live-node.ts';
import { until } from '../../processes.ts';
import { alertsAt, startAlertmanager, startPrometheus, stateInPrometheus } from '../servers.ts';
import { startWebhook } from '../webhook.ts';

const RULE = 'FabricOneWayTraffic';

/** The same finding from the agent and from Prometheus, whose external label `cluster` is the agent's: one alert. */
export async function bothPaths(directory: string): Promise<void> {
  const webhook = await startWebhook();
  const alertmanager = await startAlertmanager(directory, webhook.url);
  const node = liveNode(directory);
  const exporters = `{ alertmanager: { urls: ["${alertmanager.url}"], labels: { cluster: e2e }, refreshSeconds: 1 } }`;
  const agent = await startAgent(directory, node.root, 'node-both', exporters);
  const prometheus = await startPrometheus(directory, [agent.url], alertmanager.url);
  await until('the alert from both', async () => {
    const [alert] = await alertsAt(alertmanager, RULE);
    return alert && (await stateInPrometheus(prometheus, RULE)) === 'firing' ? true : undefined;
  });
  // Some rounds of both: whatever either sends now meets the other's.
  await setTimeout(4000);
  check('both: it is one alert', (await alertsAt(alertmanager, RULE)).length, 1);
  check('both: and one story', webhook.story(RULE), ['firing']);
  node.receive(true);
  await until('it has ended in Prometheus too', async () => ((await stateInPrometheus(prometheus, RULE)) === undefined ? true : undefined));
  await until('the webhook is told of the end', () => (webhook.story(RULE).at(-1) === 'resolved' ? true : undefined));
  await setTimeout(4000);
  check('both: it stays ended', webhook.story(RULE).at(-1), 'resolved');
  check('both: nothing stands', await alertsAt(alertmanager, RULE), []);
  await Promise.all([agent.stop(), prometheus.stop(), alertmanager.stop()]);
}
