import type { Checks } from './checks.ts';
import type { Cluster } from './cluster.ts';

/** What a scene gets: the cluster, where it says what held, and a directory of its own. */
export interface Stage {
  readonly cluster: Cluster;
  readonly checks: Checks;
  readonly directory: string;
  /** The image, as an archive. */
  readonly image: string;
}
