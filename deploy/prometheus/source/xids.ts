import { XID_ROWS } from '../../../rules/gpu/xid-rows.ts';

/** Xids that are a program's doing or say nothing by themselves: a job of 64 GPUs that crashes writes one on each. */
export const QUIET_XIDS: readonly number[] = XID_ROWS.flatMap(([xid, , , , , kind]) =>
  kind === 'application' || kind === 'informational' ? [xid] : [],
);
