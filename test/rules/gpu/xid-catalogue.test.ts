import { describe, expect, it } from 'vitest';
import { lookUpXid } from '../../../rules/gpu/xid-catalogue.ts';
import { UNUSED_XIDS, XID_ROWS } from '../../../rules/gpu/xid-rows.ts';

const numbers = [...XID_ROWS.map(([xid]) => xid), ...UNUSED_XIDS];

describe('the Xid catalogue', () => {
  it('has every number once, and those of the driver of March 2026', () => {
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toEqual(expect.arrayContaining([8, 31, 79, 154, 173, 174, 175, 176, 138]));
    expect(XID_ROWS).toHaveLength(121);
    expect(UNUSED_XIDS).toHaveLength(55);
  });
  it('leaves out no number between 1 and 176', () => {
    expect(Array.from({ length: 176 }, (_, index) => index + 1).filter((xid) => !numbers.includes(xid))).toEqual([]);
  });
  it('gives a reason wherever NVIDIA\'s bucket does not carry the class', () => {
    const bare = XID_ROWS.filter(([, , , immediate, , xidClass, , , reason]) => xidClass === 'unknown' && immediate !== undefined && reason === undefined);
    expect(bare.map(([xid]) => xid)).toEqual([]);
  });
  it('has as many numbers that EKS repairs as the agent of August 2026', () => {
    expect(XID_ROWS.filter(([, , , , , , eks]) => eks === 'now').map(([xid]) => xid)).toEqual([
      46, 48, 54, 62, 63, 64, 74, 79, 95, 109, 110, 119, 120, 136, 140, 142, 143, 151, 155, 156, 158,
    ]);
  });
  it('answers with source and date', () => {
    expect(lookUpXid(79)).toEqual({
      xid: 79,
      mnemonic: 'RC_GPU_HAS_FALLEN_OFF_THE_BUS',
      meaning: 'GPU has fallen off the bus',
      immediate: 'RESTART_BM',
      investigatory: 'CONTACT_SUPPORT',
      class: 'hardware',
      reason: undefined,
      eksActs: true,
      eksFormerly: undefined,
      source: 'NVIDIA Xid catalog, 2025-10-29',
    });
    expect(lookUpXid(176)?.source).toBe('open-gpu-kernel-modules 595.45.04 nverror.h, 2026-03-05');
    expect(lookUpXid(138)).toMatchObject({ class: 'unknown', meaning: "unused in NVIDIA's catalogue" });
    expect(lookUpXid(177)).toBeUndefined();
  });
});
