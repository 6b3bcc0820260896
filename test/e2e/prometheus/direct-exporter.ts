import { openAlertmanager } from '../../../agent/senders/alertmanager.ts';
import { parseConfig } from '../../../agent/config/parse.ts';
import type { AlertmanagerExporter } from '../../../exporters/alertmanager.ts';

/** The exporter as the agent opens it, for findings that no node here has. `notes` takes what it would log. */
export function directExporter(url: string, labels: string, notes: string[]): AlertmanagerExporter {
  const text = `exporters: { alertmanager: { urls: ["${url}"], labels: ${labels} } }`;
  const { alertmanager } = parseConfig(text, 'railmedic.yaml', []).exporters;
  if (!alertmanager) throw new Error('the configuration has no alertmanager');
  const note = (_: string, message: string): void => void notes.push(message);
  return openAlertmanager(alertmanager, { listen: { host: '127.0.0.1', port: 9477 }, intervalSeconds: 5, note });
}
