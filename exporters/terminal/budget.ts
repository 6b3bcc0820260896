import { jsonText, visible } from '../escape.ts';
import { count } from '../words.ts';
import type { Look } from './heading.ts';
import { ends, hang, wrap } from './layout.ts';
import type { Paint } from './paint.ts';

/** What the table shows of a budget; the shapes of rules/budget. */
interface BudgetView {
  readonly plan: {
    readonly mode: string;
    readonly model: { readonly name: string };
    readonly gpuName: string;
    readonly gpuBytes: number;
    readonly tensorParallel: number;
    readonly pipelineParallel: number;
    readonly serving: { readonly concurrency: number; readonly maxModelLength: number };
    readonly training: { readonly shards: number };
  };
  readonly phases: readonly PhaseView[];
  readonly fits: boolean;
  readonly concurrencyThatFits: number | undefined;
}
interface PhaseView {
  readonly name: string;
  readonly lines: readonly { readonly what: string; readonly bytes: number; readonly how: string }[];
  readonly needBytes: number;
  readonly limitBytes: number;
  readonly limit: string;
  readonly fits: boolean;
}
interface AlternativeView {
  readonly change: string;
  readonly budget: BudgetView;
}

/** A budget with all that is said about it. */
export interface BudgetAnswer {
  readonly result: BudgetView;
  /** Why vLLM would refuse the plan, whatever the memory. */
  readonly limits: readonly { readonly message: string; readonly found: string; readonly expected: string }[];
  readonly assumptions: readonly string[];
  readonly alternatives: readonly AlternativeView[];
}

const GIB = 1024 ** 3;
const WHAT = 26;
const FIGURES = 39;

/** The table of each phase, the verdict, and the ways to make it fit, best first. */
export function budgetText({ result, limits, assumptions, alternatives }: BudgetAnswer, { width, paint }: Look): string {
  const { plan } = result;
  const verdict = !result.fits ? 'DOES NOT FIT' : limits.length > 0 ? 'WILL NOT START' : 'FITS';
  const head = ends('railmedic budget', `${plan.mode}  ${visible(plan.model.name)}  on ${gpuWords(plan)}`, verdict, width);
  const lines = [
    ...head.map((line) => line.replace(verdict, paint(verdict === 'FITS' ? 'ok' : 'critical', verdict))),
    ...assumptions.flatMap((text) => wrap(visible(text), width)),
    '',
    ...limits.flatMap(({ message, expected }) => [...limitLines(message, expected, width, paint), '']),
    ...result.phases.flatMap((phase) => [...phaseLines(phase, width, paint), '']),
    ...cacheLines(result, width),
    ...(verdict === 'FITS' ? [] : alternativeLines(alternatives, result.fits ? 'It would start, best first:' : 'It would fit, best first:', width)),
    'Figures are for each GPU. Formulas and sources: docs/budget.md',
  ];
  return lines.join('\n');
}

const REFUSED = 'refused';
const REFUSED_TEXT = 10;

function limitLines(message: string, expected: string, width: number, paint: Paint): readonly string[] {
  const lines = [...hang(REFUSED, visible(message), width, REFUSED_TEXT), ...hang('', `expected ${visible(expected)}`, width, REFUSED_TEXT)];
  return lines.map((line, index) => (index === 0 ? line.replace(REFUSED, paint('critical', REFUSED)) : line));
}

/** All GPUs of the plan; the table is for one of them. */
function gpuWords({ mode, tensorParallel, pipelineParallel, training, gpuName }: BudgetView['plan']): string {
  return `${tensorParallel * pipelineParallel * (mode === 'serve' ? 1 : training.shards)} × ${gpuName}`;
}

function phaseLines(phase: PhaseView, width: number, paint: Paint): readonly string[] {
  const left = phase.limitBytes - phase.needBytes;
  const verdict = paint(phase.fits ? 'ok' : 'critical', phase.fits ? 'left' : 'too much');
  return [
    paint('strong', phase.name),
    ...phase.lines.flatMap(({ what, bytes, how }) => hang(row(what, bytes), how, width, FIGURES)),
    row('needed', phase.needBytes),
    ...hang(row('there', phase.limitBytes), phase.limit, width, FIGURES),
    row(phase.fits ? 'left' : 'too much', Math.abs(left)).replace(phase.fits ? 'left' : 'too much', verdict),
  ];
}

function cacheLines({ plan, concurrencyThatFits }: BudgetView, width: number): readonly string[] {
  if (concurrencyThatFits === undefined) return [];
  const { maxModelLength } = plan.serving;
  const length = `${maxModelLength} tokens`;
  const text =
    concurrencyThatFits === 0
      ? `vLLM would not start: not one request of ${length} fits into what is left for the cache`
      : `The cache holds ${count(concurrencyThatFits, 'request')} of ${length} at a time; more wait or are preempted.`;
  return [...wrap(text, width), ''];
}

function alternativeLines(alternatives: readonly AlternativeView[], title: string, width: number): readonly string[] {
  if (alternatives.length === 0) return ['Nothing that railmedic knows makes this fit: use a smaller model or more GPUs.', ''];
  const lines = alternatives.flatMap(({ change, budget }, index) => {
    const left = Math.min(...budget.phases.map((phase) => phase.limitBytes - phase.needBytes));
    return hang(`  ${index + 1}.`, `${change}: ${gib(left)} left`, width, 6);
  });
  return [title, ...lines, ''];
}

function row(what: string, bytes: number): string {
  return `  ${what.padEnd(WHAT)}${gib(bytes).padStart(9)}`;
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

/** The same for programs: bytes, not GiB. */
export function budgetJson({ result, limits, assumptions, alternatives }: BudgetAnswer): string {
  const { plan, phases, fits, concurrencyThatFits } = result;
  const body = {
    version: 1,
    mode: plan.mode,
    model: plan.model.name,
    gpu: plan.gpuName,
    gpuBytes: Math.round(plan.gpuBytes),
    fits,
    refusals: limits.map(({ message, found, expected }) => ({ message, found, expected })),
    assumptions,
    ...(concurrencyThatFits !== undefined && { concurrencyThatFits }),
    phases: phases.map((phase) => ({ ...phase, lines: phase.lines.map((line) => ({ ...line, bytes: Math.round(line.bytes) })), needBytes: Math.round(phase.needBytes), limitBytes: Math.round(phase.limitBytes) })),
    alternatives: alternatives.map(({ change, budget }) => ({ change, needBytes: Math.max(...budget.phases.map((phase) => Math.round(phase.needBytes))) })),
  };
  return jsonText(body, 2);
}
