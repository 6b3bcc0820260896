import type { ClusterCheck } from '../../model.ts';

export type CheckName = Pick<ClusterCheck, 'name' | 'title' | 'rule'>;

/** A check may be defined with more than its name; none of that is for who reads the report. */
const blank = ({ name, title, rule }: CheckName): Omit<ClusterCheck, 'status' | 'found'> => ({ name, title, rule, severity: 'warning', details: [], fix: [] });

export function passed(name: CheckName, found: string, details: readonly string[] = []): ClusterCheck {
  return { ...blank(name), status: 'ok', found, details };
}

export function failed(name: CheckName, fault: Pick<ClusterCheck, 'severity' | 'found'> & Partial<Pick<ClusterCheck, 'details' | 'fix'>>): ClusterCheck {
  return { ...blank(name), ...fault, status: 'failed' };
}

/** Could not be seen: never the same as healthy. */
export function unseen(name: CheckName, why: string): ClusterCheck {
  return { ...blank(name), status: 'unknown', found: why };
}

/** Does not concern this cluster, or was not asked for. */
export function skipped(name: CheckName, why: string): ClusterCheck {
  return { ...blank(name), status: 'skipped', found: why };
}

/** The first few, and how many more. */
export function few(items: readonly string[], most = 5): readonly string[] {
  return items.length > most ? [...items.slice(0, most), `and ${items.length - most} more`] : items;
}
