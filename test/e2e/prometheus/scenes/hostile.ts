import { startServer } from '../../../../agent/server.ts';
import { prometheusExporter } from '../../../../exporters/prometheus.ts';
import { finding, HOSTILE, HOSTILE_VISIBLE, report } from '../../../exporters/fixture.ts';
import { check } from '../check.ts';
import { directExporter } from '../direct-exporter.ts';
import { until } from '../../processes.ts';
import { alertsAt, query, startAlertmanager, startPrometheus } from '../servers.ts';
import { startWebhook } from '../webhook.ts';

/** A subject of quotes, backslashes, newlines and worse, through both real servers. */
export async function hostile(directory: string): Promise<void> {
  const webhook = await startWebhook();
  const alertmanager = await startAlertmanager(directory, webhook.url);
  const never = new AbortController().signal;
  const since = new Date().toISOString();
  const sick = report({ findings: [finding({ subject: HOSTILE, message: `${HOSTILE} ${'x'.repeat(100_000)}`, since })] });

  const prometheus = prometheusExporter({ version: '0.0.0', processMetrics: false });
  await prometheus.publish(sick, never);
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    version: '0.0.0',
    metrics: () => prometheus.render(),
    report: () => sick,
    health: () => undefined,
  });
  const scraper = await startPrometheus(directory, [server.url], alertmanager.url);
  const [series] = await until('the finding in Prometheus', async () => {
    const found = await query(scraper, 'railmedic_finding');
    return found.length > 0 ? found : undefined;
  });
  check('hostile: the subject in Prometheus', series?.metric['subject'], HOSTILE_VISIBLE);

  const notes: string[] = [];
  const exporter = directExporter(alertmanager.url, '{ path: direct }', notes);
  await exporter.publish(sick, never);
  const alert = await until('the alert at Alertmanager', async () =>
    (await alertsAt(alertmanager, 'FabricReceiveDrops')).find(({ labels }) => labels['path'] === 'direct'),
  );
  check('hostile: the subject at Alertmanager', alert.labels['subject'], HOSTILE_VISIBLE);
  check('hostile: nothing was refused', notes, []);
  await exporter.close();
  await Promise.all([server.close(), scraper.stop(), alertmanager.stop()]);
}
