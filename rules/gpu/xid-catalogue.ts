import { UNUSED_XIDS, XID_ROWS, type SourceKey, type XidClass, type XidRow } from './xid-rows.ts';

export type { XidClass } from './xid-rows.ts';

export interface Xid {
  readonly xid: number;
  /** `RC_GPU_HAS_FALLEN_OFF_THE_BUS`; empty where NVIDIA gives none. */
  readonly mnemonic: string;
  readonly meaning: string;
  /** NVIDIA's bucket of what to do at once (`RESET_GPU`); undefined where its table leaves the cell empty. */
  readonly immediate: string | undefined;
  readonly investigatory: string | undefined;
  readonly class: XidClass;
  /** Why this class, where the sources disagree. */
  readonly reason: string | undefined;
  readonly eksActs: boolean;
  /** What the EKS guide of 2024 announced and the agent no longer does. */
  readonly eksFormerly: 'reboot' | 'replace' | undefined;
  readonly source: string;
}

/**
 * Where a row's name, meaning and buckets come from. The classes are ours: NVIDIA's bucket where gpud (4a8de33, 22 August
 * 2026), the EKS agent, the device plugin, GCM (1b7bde9), Azure's health checks and DCGM (72fa3fe) do not contradict it.
 */
const SOURCES: Readonly<Record<SourceKey, string>> = {
  catalog: 'NVIDIA Xid catalog, 2025-10-29',
  gpud: 'gpud xid.go 4a8de33, 2026-08-22',
  driver: 'open-gpu-kernel-modules 595.45.04 nverror.h, 2026-03-05',
};

/** aws/eks-node-monitoring-agent 51af549, WellKnownXidCodes in dcgm_policies.go; what is not in it is an Event without repair. */
export const EKS_AGENT_DATE = '2026-08-18';
/** The snapshot of the EKS user guide (node-health) that listed other numbers: 13, 31, 94 and 121 among them. */
export const EKS_GUIDE_DATE = '2024-12-18';

const UNUSED: Pick<Xid, 'mnemonic' | 'meaning' | 'class' | 'source'> = {
  mnemonic: '',
  meaning: 'unused in NVIDIA\'s catalogue',
  class: 'unknown',
  source: SOURCES.catalog,
};

const CATALOGUE: ReadonlyMap<number, Xid> = new Map([
  ...UNUSED_XIDS.map((xid): [number, Xid] => [
    xid,
    { xid, ...UNUSED, immediate: undefined, investigatory: undefined, reason: undefined, eksActs: false, eksFormerly: undefined },
  ]),
  ...XID_ROWS.map((row): [number, Xid] => [row[0], fromRow(row)]),
]);

/** Undefined for a number that no source knows: it is to be shown as it is, as a warning. */
export function lookUpXid(xid: number): Xid | undefined {
  return CATALOGUE.get(xid);
}

function fromRow(row: XidRow): Xid {
  const [xid, mnemonic, meaning, immediate, investigatory, xidClass, eks, source, reason] = row;
  const eksFormerly = eks === 'was-reboot' ? 'reboot' : eks === 'was-replace' ? 'replace' : undefined;
  return {
    xid,
    mnemonic,
    meaning,
    immediate,
    investigatory,
    class: xidClass,
    reason,
    eksActs: eks === 'now',
    eksFormerly,
    source: SOURCES[source],
  };
}
