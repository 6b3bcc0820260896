import { budget, type Budget } from './budget.ts';
import type { Plan } from './plan.ts';
import { serveLimits } from './serve-limits.ts';
import { STEPS, type Change, type Step } from './steps.ts';

/** What makes the plan fit, and what it would then need. */
export interface Alternative {
  /** What to do, one line. */
  readonly change: string;
  /** The changes that it consists of; none of them, and no part of them, is enough without the others. */
  readonly changes: readonly Change[];
  readonly budget: Budget;
}

/** Rows of several changes that are offered where no single setting is enough, and beside a single change of the hardware. */
const MOST_ROWS = 3;
const MOST_ROWS_BESIDE = 2;
const MOST_TOGETHER = 3;
const GPUS_OF_A_NODE = 8;

/**
 * Each single change that makes the plan fit, the smallest of its kind. Where none does, or only other or more GPUs, the
 * best rows of two settings too, else of three. Best first: settings, rows, hardware. Empty if nothing known suffices.
 */
export function alternatives(plan: Plan): readonly Alternative[] {
  const singles = STEPS.flatMap((step) => bestRow(plan, [step]) ?? []).toSorted((a, b) => a.cost - b.cost);
  const settings = singles.filter(({ steps }) => steps.every(({ kind }) => kind === 'setting'));
  if (settings.length > 0) return singles.map(({ alternative }) => alternative);
  return [...rows(plan, singles), ...singles].map(({ alternative }) => alternative);
}

/** A row of changes that suffices; the cost ranks it, GPUs are counted in powers of two. */
interface Row {
  readonly steps: readonly Step[];
  readonly cost: number;
  readonly gpus: number;
  readonly alternative: Alternative;
}

/**
 * Rows that need fewer GPUs than the hardware that would do alone; without such hardware whatever there is. Three changes
 * only where two do not suffice on one node.
 */
function rows(plan: Plan, singles: readonly Row[]): readonly Row[] {
  const steps = STEPS.filter(({ kind }) => kind !== 'larger GPU');
  let most = Math.min(...singles.filter((row) => row.steps.some(({ kind }) => kind === 'more GPUs')).map(({ gpus }) => gpus), Infinity);
  let found: readonly Row[] = [];
  for (let size = 2; size <= MOST_TOGETHER && (found.length === 0 || most > GPUS_OF_A_NODE); size += 1) {
    const fewer = choices(steps, size).flatMap((chosen) => bestRow(plan, chosen) ?? []).filter(({ gpus }) => gpus < most);
    found = [...found, ...fewer];
    most = Math.min(most, ...fewer.map(({ gpus }) => gpus));
  }
  if (found.length > 0) return found.toSorted((a, b) => a.cost - b.cost).slice(0, singles.length > 0 ? MOST_ROWS_BESIDE : MOST_ROWS);
  if (singles.length > 0) return [];
  return [shrunk(plan, steps) ?? shrunk(plan, STEPS) ?? []].flat();
}

/** Every choice of so many steps, in their order. */
function choices(steps: readonly Step[], size: number): readonly (readonly Step[])[] {
  if (size === 0) return [[]];
  return steps.flatMap((step, index) => choices(steps.slice(index + 1), size - 1).map((rest) => [step, ...rest]));
}

/** One change of each of these steps, that suffice together and none without another: on the fewest GPUs, then the mildest. */
function bestRow(plan: Plan, steps: readonly Step[]): Row | undefined {
  let best: { readonly row: Row; readonly depth: number } | undefined;
  const visit = (current: Plan, taken: readonly Change[], depth: number): void => {
    const step = steps[taken.length];
    if (step === undefined) {
      const gpus = gpuCount(current);
      const isWorse = best !== undefined && (gpus > best.row.gpus || (gpus === best.row.gpus && depth >= best.depth));
      if (!isWorse && suffices(current) && isLeast(plan, taken)) best = { row: rowOf(plan, steps, taken, depth), depth };
      return;
    }
    for (const [index, change] of step.changes(current).entries()) visit(change.apply(current), [...taken, change], depth + index);
  };
  visit(plan, [], 0);
  return best?.row;
}

function rowOf(plan: Plan, steps: readonly Step[], changes: readonly Change[], depth: number): Row {
  const changed = applied(plan, changes);
  const gpus = gpuCount(changed);
  const cost = steps.reduce((sum, step) => sum + step.cost, 0) + depth / 10 + Math.log2(gpus / gpuCount(plan));
  return { steps, cost, gpus, alternative: { change: changes.map(({ text }) => text).join('; '), changes, budget: budget(changed) } };
}

/** Where three changes are not enough: the strongest of each step until they are, and of those the fewest that still are. */
function shrunk(plan: Plan, steps: readonly Step[]): Row | undefined {
  const strengths = Math.max(1, ...steps.filter(({ isTwoSided }) => isTwoSided).map(({ changes }) => changes(plan).length));
  for (let strength = 0; strength < strengths; strength += 1) {
    const taken = strongest(plan, steps, strength);
    const fewest = subsets(taken).toSorted((a, b) => a.length - b.length).find((part) => suffices(applied(plan, part.map(({ change }) => change))));
    if (fewest === undefined) continue;
    // Once more without the others: what a change says may hang on those before it.
    const again = strongest(plan, fewest.map(({ step }) => step), strength);
    const least = again.length === fewest.length ? again : fewest;
    const row = rowOf(plan, least.map(({ step }) => step), least.map(({ change }) => change), 0);
    // So few steps can be tried in every strength; of more the strongest have to do.
    return fewest.length > MOST_TOGETHER ? row : (bestRow(plan, row.steps) ?? row);
  }
  return undefined;
}

/** Of each step the strongest change, of a two-sided one that of the given strength, as far as they are needed; none if all are too little. */
function strongest(plan: Plan, steps: readonly Step[], strength: number): readonly { readonly step: Step; readonly change: Change }[] {
  const taken: { readonly step: Step; readonly change: Change }[] = [];
  let current = plan;
  for (const step of steps) {
    const change = step.changes(current).at(step.isTwoSided ? strength : -1);
    if (change === undefined) continue;
    taken.push({ step, change });
    current = change.apply(current);
    if (suffices(current)) return taken;
  }
  return [];
}

function suffices(plan: Plan): boolean {
  return budget(plan).fits && serveLimits(plan.model, { maxModelLen: plan.mode === 'train' ? undefined : plan.serving.maxModelLength, tensorParallel: plan.tensorParallel }).length === 0;
}

/** No part of the changes is enough by itself. */
function isLeast(plan: Plan, changes: readonly Change[]): boolean {
  return subsets(changes).every((part) => part.length === changes.length || !suffices(applied(plan, part)));
}

function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.reduce<readonly (readonly T[])[]>((sets, item) => [...sets, ...sets.map((set) => [...set, item])], [[]]);
}

function applied(plan: Plan, changes: readonly Change[]): Plan {
  return changes.reduce((current, { apply }) => apply(current), plan);
}

function gpuCount({ mode, tensorParallel, pipelineParallel, training }: Plan): number {
  return tensorParallel * pipelineParallel * (mode === 'serve' ? 1 : training.shards);
}
