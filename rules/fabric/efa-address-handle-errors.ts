import type { Cause } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';
import { grouped } from '../words.ts';
import { deviceRises, vanishedUndecided } from './counter-rises.ts';

export const efaAddressHandleErrors = defineRule({
  name: 'EfaAddressHandleErrors',
  title: 'EFA device cannot address some peers',
  severity: 'warning',
  page: 'rules/fabric/efa-address-handle-errors.md',
  needs: ['infiniband'],
  uses: ['imds'],
  // A job inserts its peers' addresses once, when it starts: the window gathers that burst, the finding outlives it.
  clearAfterSeconds: 300,
  settings: { windowSeconds: 60 },
  *check(now, before, seconds) {
    const zone = now.imds?.availabilityZone;
    for (const device of now.infiniband.devices) {
      if (!device.isEfa) continue;
      const earlier = before?.infiniband.devices.find((candidate) => candidate.name === device.name);
      const rises = deviceRises(device, earlier, ['create_ah_err']);
      const failures = rises.by['create_ah_err'] ?? 0n;
      if (failures > 0n) {
        const addresses = failures === 1n ? 'peer address was' : 'peer addresses were';
        const where = zone === undefined ? {} : { zone };
        yield {
          subject: device.name,
          message: `${grouped(failures)} ${addresses} refused in ${grouped(seconds)} s`,
          evidence: { file: 'hw_counters/create_ah_err', create_ah_err: failures, ...where },
          causes: causes(device.name, zone),
        };
      } else if (rises.gap !== undefined) yield undecided(device.name, rises.gap);
    }
    yield* vanishedUndecided(now.infiniband);
  },
});

function causes(device: string, zone: string | undefined): readonly Cause[] {
  const here = zone === undefined ? '' : `; this node is in ${zone}`;
  const oneZone = { spec: { template: { spec: { nodeSelector: { 'topology.kubernetes.io/zone': zone ?? 'ZONE' } } } } };
  const log = `dmesg -T | grep -E 'create ah|CREATE_AH' | grep -e ${device} -e efa`;
  return [
    {
      cause: 'other-zone-or-vpc',
      likelihood: 'likely',
      why: `EFA cannot leave its Availability Zone or VPC${here}; the kernel log then shows CREATE_AH with error -22`,
      check: ['kubectl get nodes -L topology.kubernetes.io/zone -L node.kubernetes.io/instance-type', log],
      fix: [`kubectl patch -n "$NAMESPACE" "$WORKLOAD" --type merge -p '${JSON.stringify(oneZone)}'`],
    },
    {
      cause: 'bad-peer-address',
      likelihood: 'possible',
      why: 'the job hands over a GID that no EFA has: a stale rendezvous file, or another kind of device taken for an EFA',
      check: [log, `cat /sys/class/infiniband/${device}/ports/1/gids/0`],
      fix: ['kubectl delete pod -n "$NAMESPACE" -l "$JOB_LABEL"   # all ranks, once the old rendezvous file is removed'],
    },
    {
      cause: 'address-handles-exhausted',
      likelihood: 'possible',
      why: 'the card has no room for another address handle: the kernel log then shows error -12 in place of -22',
      check: [log, 'rdma resource show'],
      fix: ['kubectl delete pod -n "$NAMESPACE" "$POD"   # of a process that leaks them'],
    },
  ];
}
