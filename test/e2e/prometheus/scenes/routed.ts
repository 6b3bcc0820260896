import { finding, report } from '../../../exporters/fixture.ts';
import { check } from '../check.ts';
import { directExporter } from '../direct-exporter.ts';
import { until } from '../../processes.ts';
import { alertsAt, startAlertmanager } from '../servers.ts';
import { startWebhook } from '../webhook.ts';

/** The routes and inhibitions of the example configuration serve what agents post themselves. */
export async function routed(directory: string): Promise<void> {
  const webhook = await startWebhook();
  const alertmanager = await startAlertmanager(directory, webhook.url);
  const since = new Date().toISOString();
  const notes: string[] = [];
  const exporter = directExporter(alertmanager.url, '{ cluster: e2e }', notes);
  const findings = [
    finding({ rule: 'GpuLost', severity: 'critical', subject: 'GPU-1', since }),
    finding({ rule: 'GpuXid', severity: 'critical', subject: 'GPU-1 Xid 79', since }),
    finding({ rule: 'GpuXid', severity: 'warning', subject: 'GPU-2 Xid 31', since }),
  ];
  await exporter.publish(report({ findings }), new AbortController().signal);
  await until('the webhook is told of two', () => (webhook.story('GpuLost').length > 0 && webhook.story('GpuXid').length > 0 ? true : undefined));
  const told = webhook.notified.map(({ receiver, labels }) => `${receiver} ${labels['alertname']} ${labels['subject']}`);
  check('routed: by severity, and a lost GPU mutes its other alerts', [...new Set(told)].toSorted(), ['chat GpuXid GPU-2 Xid 31', 'pager GpuLost GPU-1']);
  const muted = (await alertsAt(alertmanager, 'GpuXid')).filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => labels['subject']);
  check('routed: which Alertmanager knows, and keeps', muted, ['GPU-1 Xid 79']);
  await exporter.close();
  await alertmanager.stop();
}
