import type { Report, SourceStatus } from '../../agent/model.ts';
import { gaps } from '../groups.ts';
import { storiesOf } from '../stories.ts';
import { sortOut, verdictOf, type Sorted } from '../verdict.ts';
import { clock, count, duration } from '../words.ts';
import { deviceTable } from './device-table.ts';
import { storyBox } from './finding.ts';
import { gpuTable } from './gpu-table.ts';
import { html, Markup } from './html.ts';
import { STYLE } from './style.ts';

export { PAGE_POLICY } from './style.ts';

/** The page at `/`: the node for a person with a browser. No script; it asks for itself anew every 10 s. */
export function renderPage(report: Report, version: string): string {
  const sorted = sortOut(report);
  const { firing } = sorted;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="10">
<title>${verdictOf(report)} ${report.node} railmedic</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${header(report)}
${firing.length === 0 ? calm(report) : storiesOf(firing).map(storyBox)}
${gapList(sorted)}
${quietList(sorted)}
${deviceTable(report.snapshot)}
${gpuTable(report.snapshot)}
${sourceTable(report.sources)}
<footer>railmedic ${version} &middot; ${count(report.rulesEvaluated, 'rule')} looked &middot; <a href="/api/v1/report">report as JSON</a> &middot; <a href="/metrics">metrics</a></footer>
</body>
</html>
`;
  return document.text;
}

/** Shown until the first look is done. */
export function renderWaitingPage(version: string): string {
  const document = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>railmedic</title><style>${new Markup(STYLE)}</style></head>
<body><h1>railmedic ${version}</h1><p>The first look at this node is not done yet.</p></body>
</html>
`;
  return document.text;
}

function header(report: Report): Markup {
  const verdict = verdictOf(report);
  const type = report.instanceType === undefined ? undefined : html`${report.instanceType}, `;
  return html`<header>
<h1>${report.node}</h1>
<p>${type}watched ${duration(report.windowSeconds)}, last look ${clock(report.takenAt)}</p>
<span class="verdict ${verdict.toLowerCase()}">${verdict}</span>
</header>`;
}

function calm(report: Report): Markup {
  const words =
    verdictOf(report) === 'OK'
      ? `Nothing is wrong that ${count(report.rulesEvaluated, 'rule')} can see.`
      : 'No fault found, but not everything could be seen.';
  return html`<p>${words}</p>`;
}

function gapList({ failed, unknown }: Sorted): Markup | undefined {
  if (failed.length + unknown.length === 0) return undefined;
  const items = gaps(failed, unknown).map(({ who, why }) => html`<li><b>${who.join(', ')}</b>: ${why}</li>`);
  return html`<h2>Not seen</h2><ul>${items}</ul>`;
}

function quietList({ suppressed, shadow, resolved }: Sorted): Markup | undefined {
  const items = [
    ...resolved.map((one) => html`<li>resolved ${clock(one.changedAt)}: <b>${one.rule}</b> on ${one.subject}</li>`),
    ...suppressed.map((one) => html`<li>suppressed: <b>${one.rule}</b> on ${one.subject} (${one.suppressed})</li>`),
    ...shadow.map((one) => html`<li>shadow: <b>${one.rule}</b> on ${one.subject}: ${one.message}</li>`),
  ];
  return items.length === 0 ? undefined : html`<h2>Changes no verdict</h2><ul class="soft">${items}</ul>`;
}

function sourceTable(sources: readonly SourceStatus[]): Markup {
  const tone = { ok: 'ok', absent: 'soft', failed: 'critical' } as const;
  const rows = sources.map(
    ({ name, status, why, durationSeconds }) => html`<tr><td>${name}</td><td class="${tone[status]}">${status}</td>
<td class="number">${(durationSeconds * 1000).toFixed(1)} ms</td><td class="why">${why}</td></tr>
`,
  );
  return html`<h2>Sources</h2>
<div class="scroll"><table><tr><th>source</th><th>status</th><th class="number">took</th><th>why</th></tr>
${rows}</table></div>`;
}
