import type { SxidEvent } from '../../agent/model.ts';

/**
 * SXids that are fatal whatever the line says: gpud, components/accelerator/nvidia/sxid, commit 4a8de33 of 22 August 2026,
 * after NVIDIA's fabric manager guide.
 */
const ALWAYS_FATAL: ReadonlySet<number> = new Set([12020, 22003, 22011, ...range(23001, 23017)]);

/** Fatal in the same source; they decide only where the line has no word of its own. */
const FATAL: ReadonlySet<number> = new Set([
  11001, 11004, 11009, 11013, 11018, 11019, 11020, 12001, 12002, 12022, 12024, 12025, 12026, 12027, 12028, 12031, 12032,
  14017, 15001, 15006, 15009, 15010, 15012, 15013, 19047, 19048, 19054, 19056, 19058, 19060, 19061, 19063, 19064, 19066,
  19067, 19069, 19070, 19084, 20034, 22012, 24004, 24005, 24006, 24007,
]);

/** Whether traffic of the switch is lost until a reset, and by whose word. */
export function sxidVerdict({ sxid, severity }: SxidEvent): { readonly isFatal: boolean; readonly why: string } {
  if (severity === 'fatal') return { isFatal: true, why: 'the driver calls it fatal' };
  const said = severity === 'unstated' ? 'the line states no severity' : `the driver calls it ${severity}`;
  if (ALWAYS_FATAL.has(sxid)) return { isFatal: true, why: `${said}, NVIDIA's list always fatal` };
  if (severity === 'unstated' && FATAL.has(sxid)) return { isFatal: true, why: `${said}, NVIDIA's list calls it fatal` };
  return { isFatal: false, why: said };
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
