import { describe, expect, it } from 'vitest';

import { efaAddressHandleErrors } from '../../../rules/fabric/efa-address-handle-errors.ts';
import { device, efa, imds, infiniband, judge } from '../fixtures.ts';

function look(counters: Record<string, bigint>, unreadable: Record<string, string> = {}) {
  return { infiniband: infiniband([efa('rdmap16s0', {}, { counters, unreadable })]) };
}
function hold(why: string) {
  return [{ undecided: 'rdmap16s0', why, report: false }];
}

describe('EfaAddressHandleErrors is silent', () => {
  it('while the counter stands, whatever it stands at', () => {
    expect(judge(efaAddressHandleErrors, look({ create_ah_err: 7n }), look({ create_ah_err: 7n }), 60)).toEqual([]);
  });
  it('at first sight and after a restart of the counters', () => {
    const why = 'no earlier look at hw_counters/create_ah_err to compare with';
    expect(judge(efaAddressHandleErrors, look({ create_ah_err: 7n }))).toEqual(hold(why));
    expect(judge(efaAddressHandleErrors, look({ create_ah_err: 7n }), { infiniband: infiniband([]) }, 60)).toEqual(hold(why));
  });
  it('where the counter is unreadable, gone or unknown to the driver', () => {
    const before = look({ create_ah_err: 0n });
    const unreadable = look({}, { 'hw_counters/create_ah_err': 'ENODEV' });
    expect(judge(efaAddressHandleErrors, unreadable, before, 60)).toEqual(hold('cannot read hw_counters/create_ah_err: ENODEV'));
    expect(judge(efaAddressHandleErrors, look({}), before, 60)).toEqual(hold('hw_counters/create_ah_err is no longer there'));
    expect(judge(efaAddressHandleErrors, look({}), look({}), 60)).toEqual([]);
  });
  it('about a card that does not answer', () => {
    const now = { infiniband: infiniband([device({ silence: 'no answer for 3 s' })]) };
    expect(judge(efaAddressHandleErrors, now, look({ create_ah_err: 0n }), 60)).toEqual(hold('no answer for 3 s'));
  });
});

describe('EfaAddressHandleErrors reports', () => {
  it('refused addresses, with the zone that IMDS names', () => {
    const now = { ...look({ create_ah_err: 15n }), imds: imds() };
    expect(judge(efaAddressHandleErrors, now, look({ create_ah_err: 1n }), 60)).toMatchObject([
      {
        subject: 'rdmap16s0',
        message: '14 peer addresses were refused in 60 s',
        evidence: { create_ah_err: 14n, zone: 'us-west-2b' },
        causes: [
          {
            cause: 'other-zone-or-vpc',
            likelihood: 'likely',
            why: 'EFA cannot leave its Availability Zone or VPC; this node is in us-west-2b; the kernel log then shows CREATE_AH with error -22',
            fix: [
              `kubectl patch -n "$NAMESPACE" "$WORKLOAD" --type merge -p '{"spec":{"template":{"spec":{"nodeSelector":{"topology.kubernetes.io/zone":"us-west-2b"}}}}}'`,
            ],
          },
          { cause: 'bad-peer-address' },
          { cause: 'address-handles-exhausted' },
        ],
      },
    ]);
  });
  it('one refused address without IMDS', () => {
    expect(judge(efaAddressHandleErrors, look({ create_ah_err: 1n }), look({ create_ah_err: 0n }), 60)).toMatchObject([
      { message: '1 peer address was refused in 60 s', evidence: { file: 'hw_counters/create_ah_err' } },
    ]);
  });
});
