import type { HttpAnswer } from '../host.ts';

/** What was asked of the node during one look, and what it said, by the path as it was asked. */
export interface Notes {
  readonly texts: Map<string, string>;
  readonly links: Map<string, string>;
  readonly lists: Map<string, readonly string[]>;
  /** Paths that are there, though nothing was read from them. */
  readonly present: Set<string>;
  readonly missing: Set<string>;
  readonly errors: Map<string, string>;
  readonly inodes: Map<string, bigint>;
  readonly logs: Map<string, string[]>;
}

/** What does not lie in the tree; the last answer counts. */
export interface Exchanges {
  /** By method and URL. */
  readonly http: Map<string, { readonly method: 'GET' | 'PUT' | 'POST'; readonly url: string; readonly answer: HttpAnswer | string }>;
  readonly commands: Map<string, RecordedCommand>;
  readonly probes: Map<string, string | undefined>;
}
export interface RecordedCommand {
  readonly path: string;
  readonly args: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export function emptyNotes(): Notes {
  return {
    texts: new Map(),
    links: new Map(),
    lists: new Map(),
    present: new Set(),
    missing: new Set(),
    errors: new Map(),
    inodes: new Map(),
    logs: new Map(),
  };
}

