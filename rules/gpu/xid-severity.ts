import type { Severity, XidEvent } from '../../agent/model.ts';
import type { Xid, XidClass } from './xid-catalogue.ts';

const BY_CLASS: Readonly<Record<XidClass, Severity>> = {
  hardware: 'critical',
  contained: 'warning',
  unknown: 'warning',
  application: 'info',
  informational: 'info',
};
/** A fault of one program for some, a fault of the card for others: several programs settle it. */
const WORSE_IN_SEVERAL: ReadonlySet<number> = new Set([32, 38, 44, 68, 69, 109]);

/** How grave these lines of one Xid on one GPU are; `processes`: from how many it is no longer one program's fault. */
export function xidSeverity(xid: Xid | undefined, events: readonly XidEvent[], processes: number): Severity {
  if (xid === undefined) return 'warning';
  if (xid.xid === 154) return recoverySeverity(events);
  if (xid.xid >= 144 && xid.xid <= 150) return events.some(({ nvlink }) => isFatal(nvlink?.severity)) ? 'critical' : 'warning';
  const inSeveral = events.some(({ distinctProcesses }) => distinctProcesses >= processes);
  if (inSeveral && xid.class === 'application') return 'warning';
  return inSeveral && WORSE_IN_SEVERAL.has(xid.xid) ? 'critical' : BY_CLASS[xid.class];
}

/** The newest word counts: an action that was asked for and is no longer needed is told by a later line. */
function recoverySeverity(events: readonly XidEvent[]): Severity {
  const newest = events.toSorted((a, b) => a.time.localeCompare(b.time)).at(-1)?.recoveryAction;
  if (newest === undefined || newest === 'Drain P2P') return 'warning';
  return newest === 'None' ? 'info' : 'critical';
}

function isFatal(severity: string | undefined): boolean {
  return severity !== undefined && /^(link )?fatal$/i.test(severity);
}
