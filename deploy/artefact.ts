/** A file of deploy/ that a program writes and that is checked in, so that a reader applies it without running anything. */
export interface Artefact {
  /** Below the repository: `deploy/prometheus/rules.yaml`. */
  readonly path: string;
  readonly text: string;
}
