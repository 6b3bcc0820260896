import type { ClusterCheck } from '../../model.ts';

export type CheckName = Pick<ClusterCheck, 'name' | 'title' | 'rule'>;

const nothing = { severity: 'warning', details: [], fix: [] } as const;

export function passed(name: CheckName, found: string, details: readonly string[] = []): ClusterCheck {
  return { ...name, ...nothing, status: 'ok', found, details };
}

export function failed(name: CheckName, fault: Pick<ClusterCheck, 'severity' | 'found'> & Partial<Pick<ClusterCheck, 'details' | 'fix'>>): ClusterCheck {
  return { ...name, ...nothing, ...fault, status: 'failed' };
}

/** Could not be seen: never the same as healthy. */
export function unseen(name: CheckName, why: string): ClusterCheck {
  return { ...name, ...nothing, status: 'unknown', found: why };
}

/** Does not concern this cluster, or was not asked for. */
export function skipped(name: CheckName, why: string): ClusterCheck {
  return { ...name, ...nothing, status: 'skipped', found: why };
}

/** The first few, and how many more. */
export function few(items: readonly string[], most = 5): readonly string[] {
  return items.length > most ? [...items.slice(0, most), `and ${items.length - most} more`] : items;
}
