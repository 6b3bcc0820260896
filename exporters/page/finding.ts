import type { Cause, EvidenceValue, Finding, FindingName } from '../../agent/model.ts';
import { areUuids } from '../gpu-values.ts';
import { groupAlike, namesWords, type Group } from '../groups.ts';
import { concernedPods, podsWords } from '../pods.ts';
import { concernWords, type Story } from '../stories.ts';
import { clock } from '../words.ts';
import { html, type Markup } from './html.ts';

/** One fault, wherever it shows, with all its causes; the commands of the first are open. What it explains is folded inside. */
export function storyBox({ group, concerned, toldElsewhere }: Story): Markup {
  const [{ severity, title, rule }] = group;
  return html`<article class="${severity}">
<h3><b>${severity.toUpperCase()}</b> <span>${title}</span> <code>${rule}</code></h3>
${body(group)}${pods([...group, ...concerned])}${groupAlike(concerned).map((alike) => concern(alike, group))}${also(toldElsewhere)}
${foot(group)}
</article>
`;
}

function body(group: Group): Markup {
  const [{ causes }] = group;
  return html`${group.map(place)}
${group.length === 1 ? evidenceLists(group[0]) : undefined}
${causes.map(causeBox)}`;
}

function foot([{ since, rule, page }]: Group): Markup {
  return html`<p class="soft">since ${clock(since)} &middot; railmedic explain ${rule} &middot; ${page}</p>`;
}

function concern(alike: Group, explainer: Group): Markup {
  const [first, ...rest] = alike;
  const words = `${concernWords(first, explainer)}${rest.length > 0 ? `, and ${namesWords(rest)}` : ''}`;
  return html`
<details><summary><b>concerns:</b> ${words}</summary>
${body(alike)}
${foot(alike)}
</details>`;
}

/** A page has room for more than a terminal. */
const MOST_PODS = 50;

function pods(findings: readonly Finding[]): Markup | undefined {
  const words = podsWords(concernedPods(findings), MOST_PODS);
  return words.length === 0 ? undefined : html`<p><b>pods:</b> ${words.join(', ')}</p>`;
}

function also(names: readonly FindingName[]): Markup | undefined {
  return names.length === 0 ? undefined : html`<p><b>concerns:</b> ${namesWords(names)} as well</p>`;
}

function place({ subject, message, count }: Finding): Markup {
  const where = subject === 'node' ? undefined : html`<b>${subject}</b> `;
  return html`<p>${where}${message}${count > 1 ? ` (seen ${count} times)` : undefined}</p>`;
}

function causeBox(cause: Cause, index: number): Markup {
  const { likelihood, why, check, fix } = cause;
  const listed = [commands('check', check), commands('fix', fix)].filter((block) => block !== undefined);
  if (index === 0) return html`<p><b>${likelihood}:</b> ${why}</p>${listed}`;
  if (listed.length === 0) return html`<p class="soft">${index + 1}. ${likelihood}: ${why}</p>`;
  return html`<details><summary>${index + 1}. ${likelihood}: ${why}</summary>${listed}</details>`;
}

/** Each in a box of its own, so that a triple click takes just one. */
function commands(label: string, texts: readonly string[]): Markup | undefined {
  if (texts.length === 0) return undefined;
  return html`<div class="soft">${label}</div>${texts.map((text) => html`<pre>${text}</pre>`)}`;
}

/** Lists only: single numbers are in the message. */
function evidenceLists({ evidence }: Finding): readonly Markup[] {
  return Object.values(evidence)
    .filter((value): value is Extract<EvidenceValue, readonly string[]> => typeof value === 'object' && value.length > 1 && !areUuids(value))
    .map((items) => html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`);
}
