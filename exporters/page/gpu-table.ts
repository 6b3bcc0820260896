import type { Gpu, KernelLog, Snapshot } from '../../agent/model.ts';
import { fieldNumber, lastXid } from '../gpu-values.ts';
import { clock, count } from '../words.ts';
import { html, type Markup } from './html.ts';

export function gpuTable(snapshot: Snapshot): Markup | undefined {
  const { 'nvidia-query': query, 'kernel-log': log } = snapshot;
  if (query.status !== 'ok') return undefined;
  const { gpus, vanished = [] } = query.value;
  if (gpus.length + vanished.length === 0) return undefined;
  const kernelLog = log.status === 'ok' ? log.value : undefined;
  return html`<h2>GPUs</h2>
<div class="scroll"><table>
<tr><th>GPU</th><th>name</th><th>UUID</th><th class="number">busy</th><th class="number">memory</th><th class="number">power</th><th class="number">temperature</th><th>last Xid</th></tr>
${gpus.map((gpu) => row(gpu, kernelLog))}${vanished.map(goneRow)}
</table></div>`;
}

function row(gpu: Gpu, log: KernelLog | undefined): Markup {
  const busy = gpu.busyRatio === undefined ? undefined : gpu.busyRatio * 100;
  const used = fieldNumber(gpu, 'memory.used');
  const total = fieldNumber(gpu, 'memory.total');
  const power = fieldNumber(gpu, 'power.draw', 'power.draw.average', 'power.draw.instant');
  const limit = fieldNumber(gpu, 'enforced.power.limit', 'power.limit');
  return html`<tr><td>${gpu.index}</td><td>${gpu.name}</td><td>${gpu.uuid}</td>
<td class="number">${share(busy, undefined, '%', 0)}</td><td class="number">${share(gibibytes(used), gibibytes(total), 'GiB', 1)}</td>
<td class="number">${share(power, limit, 'W', 0)}</td><td class="number">${share(fieldNumber(gpu, 'temperature.gpu'), undefined, '°C', 0)}</td>
<td>${log === undefined ? '–' : xidWords(gpu, log)}</td></tr>
`;
}

function goneRow(uuid: string): Markup {
  return html`<tr><td>–</td><td></td><td>${uuid}</td><td colspan="5">nvidia-smi does not list it any more</td></tr>
`;
}

/** `627 of 700 W`; a dash where the value is unknown. */
function share(value: number | undefined, whole: number | undefined, unit: string, digits: number): string {
  if (value === undefined) return '–';
  return `${value.toFixed(digits)}${whole === undefined ? '' : ` of ${whole.toFixed(digits)}`} ${unit}`;
}

function gibibytes(mebibytes: number | undefined): number | undefined {
  return mebibytes === undefined ? undefined : mebibytes / 1024;
}

function xidWords(gpu: Gpu, log: KernelLog): string {
  const last = lastXid(gpu, log);
  if (!last) return 'none';
  return `${last.xid} at ${clock(last.lastTime)}${last.total > 1 ? `, ${count(last.total, 'line')}` : ''}`;
}
