/** One line of the production guide's checklist, judged. */
export interface ChecklistItem {
  readonly section: 'Infrastructure' | 'Model serving' | 'GRPO training' | 'Monitoring';
  /** What is asked for, in one short sentence. */
  readonly text: string;
  /**
   * `look`: nothing is known to be wrong, and a rule informs of something that a person should have meant. `hidden`: cannot be
   * told from what was read; `why` says who can tell.
   */
  readonly status: 'passed' | 'failed' | 'look' | 'hidden';
  /** What was found, or why nothing could be; never empty. */
  readonly why: string;
  /** The rules that decide it here. */
  readonly rules: readonly string[];
  /** The checks of `--cluster` that decide it, by name. */
  readonly checks: readonly string[];
  /** The rules that decide it on a running node (`railmedic diagnose`, the agent). */
  readonly nodeRules: readonly string[];
  /** `grpo.yaml:41`; of what failed, or is to be looked at. */
  readonly places: readonly string[];
}
