import { jsonText, visible } from '../escape.ts';
import type { Look } from './heading.ts';
import { ends, hang } from './layout.ts';
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

const GIB = 1024 ** 3;
const FIGURES = 40;

/** The table of each phase, the verdict, and the ways to make it fit, best first. */
export function budgetText(result: BudgetView, alternatives: readonly AlternativeView[], { width, paint }: Look): string {
  const { plan } = result;
  const gpus = plan.tensorParallel * plan.pipelineParallel;
  const verdict = result.fits ? 'FITS' : 'DOES NOT FIT';
  const head = ends('railmedic budget', `${plan.mode}  ${visible(plan.model.name)}  on ${gpus} × ${plan.gpuName}`, verdict, width);
  const lines = [
    ...head.map((line) => line.replace(verdict, paint(result.fits ? 'ok' : 'critical', verdict))),
    '',
    ...result.phases.flatMap((phase) => [...phaseLines(phase, width, paint), '']),
    ...cacheLines(result),
    ...alternativeLines(result, alternatives, width),
    'Figures are for each GPU. Formulas and sources: docs/budget.md',
  ];
  return lines.join('\n');
}

function phaseLines(phase: PhaseView, width: number, paint: Paint): readonly string[] {
  const rows = phase.lines.map(({ what, bytes, how }) => hang(row(what, bytes), how, width, FIGURES).join('\n'));
  const verdict = phase.fits ? `fits: ${gib(phase.limitBytes - phase.needBytes)} left` : `${gib(phase.needBytes - phase.limitBytes)} too much`;
  return [
    paint('strong', phase.name),
    ...rows,
    hang(row('needed', phase.needBytes), `of ${gib(phase.limitBytes)}, ${phase.limit}: ${verdict}`, width, FIGURES)
      .join('\n')
      .replace(verdict, paint(phase.fits ? 'ok' : 'critical', verdict)),
  ];
}

function cacheLines({ plan, concurrencyThatFits }: BudgetView): readonly string[] {
  if (concurrencyThatFits === undefined) return [];
  const { maxModelLength } = plan.serving;
  const text =
    concurrencyThatFits === 0
      ? `vLLM would not start: not one request of ${maxModelLength} tokens fits into what is left for the cache`
      : `the cache holds ${concurrencyThatFits} requests of ${maxModelLength} tokens at a time; more wait or are preempted`;
  return [text, ''];
}

function alternativeLines(result: BudgetView, alternatives: readonly AlternativeView[], width: number): readonly string[] {
  if (result.fits) return [];
  if (alternatives.length === 0) return ['Nothing that railmedic knows makes this fit: use a smaller model or more GPUs.', ''];
  const lines = alternatives.flatMap(({ change, budget }, index) => {
    const left = Math.min(...budget.phases.map((phase) => phase.limitBytes - phase.needBytes));
    return hang(`  ${index + 1}.`, `${change}: ${gib(left)} left`, width, 6);
  });
  return ['It would fit, best first:', ...lines, ''];
}

function row(what: string, bytes: number): string {
  return `  ${what.padEnd(26)}${gib(bytes).padStart(10)}`;
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

/** The same for programs: bytes, not GiB. */
export function budgetJson(result: BudgetView, alternatives: readonly AlternativeView[]): string {
  const { plan, phases, fits, concurrencyThatFits } = result;
  const body = {
    version: 1,
    mode: plan.mode,
    model: plan.model.name,
    gpu: plan.gpuName,
    gpuBytes: plan.gpuBytes,
    fits,
    ...(concurrencyThatFits !== undefined && { concurrencyThatFits }),
    phases: phases.map((phase) => ({ ...phase, lines: phase.lines.map((line) => ({ ...line, bytes: Math.round(line.bytes) })), needBytes: Math.round(phase.needBytes), limitBytes: Math.round(phase.limitBytes) })),
    alternatives: alternatives.map(({ change, budget }) => ({ change, needBytes: Math.max(...budget.phases.map((phase) => Math.round(phase.needBytes))) })),
  };
  return jsonText(body, 2);
}
