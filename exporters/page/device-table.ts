import type { InfinibandDevice, Snapshot } from '../../agent/model.ts';
import { flow } from '../traffic.ts';
import { amount } from '../words.ts';
import { html, type Markup } from './html.ts';

/** rdmap16 before rdmap144. */
const NAMES = new Intl.Collator('en', { numeric: true });

export function deviceTable({ infiniband }: Snapshot): Markup | undefined {
  if (infiniband.status !== 'ok' || infiniband.value.devices.length === 0) return undefined;
  return html`<h2>Fabric devices</h2>
<div class="scroll"><table>
<tr><th>port</th><th>driver</th><th>state</th><th>rate</th><th class="number">packets sent</th><th class="number">packets received</th></tr>
${infiniband.value.devices.toSorted((a, b) => NAMES.compare(a.name, b.name)).flatMap(deviceRows)}
</table></div>`;
}

function deviceRows(device: InfinibandDevice): readonly Markup[] {
  const driver = device.isEfa ? 'EFA' : (device.driver ?? 'virtual');
  if (device.silence !== undefined || device.ports.length === 0) {
    const why = device.silence === undefined ? 'no port' : `does not answer: ${device.silence}`;
    return [html`<tr><td>${device.name}</td><td>${driver}</td><td colspan="4">${why}</td></tr>`];
  }
  return device.ports.map((port) => {
    const [sent, received] = [flow(port, 'transmit_packets'), flow(port, 'receive_packets')];
    // EFA's driver says ACTIVE always (efa_verbs.c): to show it would be to claim something.
    const state = device.isEfa ? '' : port.state;
    return html`<tr><td>${port.name}</td><td>${driver}</td><td>${state}</td><td>${port.rate}</td>
<td class="number">${sent === undefined ? '–' : amount(sent)}</td><td class="number">${received === undefined ? '–' : amount(received)}</td></tr>
`;
  });
}
