import type { KubernetesApi, Severity, SourceName } from '../../agent/model.ts';

/** What an exporter must know of a rule, the configuration applied: rules themselves are not its business. */
export interface RuleFacts {
  readonly name: string;
  readonly group: string;
  readonly severity: Severity;
  readonly needs: readonly SourceName[];
  /** How long back it compares, and how long a symptom must hold: only then has it judged for the first time. */
  readonly windowSeconds: number;
  readonly forSeconds: number;
  readonly clearAfterSeconds: number;
  readonly lasts: 'level' | 'event' | 'until-reboot';
  readonly shadow: boolean;
}

export type Note = (level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, string | number>>) => void;

/** What the exporters that speak to the API server share. */
export interface KubernetesParts {
  readonly api: KubernetesApi;
  readonly rules: readonly RuleFacts[];
  /** Monotonic. */
  readonly nowSeconds: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly note: Note;
  /** Counts a call that failed: `publish` itself never waits for one. */
  readonly onFailure: (exporter: string) => void;
}

/** So long after its sources can be seen a rule has judged for the first time. */
export function settleSeconds({ windowSeconds, forSeconds }: RuleFacts): number {
  return windowSeconds + forSeconds;
}

/** As the API server names who wrote a field. */
export const FIELD_MANAGER = 'railmedic';
