import type { Infiniband, Pci } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';
import { instanceTypes } from './instance-types.ts';

/** The table gives the most a type can carry; how many a node has is for its launch template to say. So: worth knowing. */
export const efaFewerThanInstanceType = defineRule({
  name: 'EfaFewerThanInstanceType',
  title: 'The node has fewer EFA devices than its instance type supports',
  severity: 'info',
  page: 'rules/fabric/efa-fewer-than-instance-type.md',
  needs: ['imds'],
  uses: ['infiniband', 'pci'],
  forSeconds: 15,
  settings: {},
  *check(now) {
    const type = now.imds.instanceType;
    const most = instanceTypes.find((candidate) => candidate.name === type)?.maxEfa ?? 0;
    if (type === undefined || most === 0) return;
    const count = countDevices(now.infiniband, now.pci);
    if (count === undefined) yield undecided('node', 'neither /sys/class/infiniband nor the PCI bus was read');
    if (count === undefined || count >= most) return;
    yield {
      subject: 'node',
      message:
        count === 0
          ? `no EFA device, and ${type} supports ${most}: was it launched without EFA on purpose?`
          : `${count} EFA ${count === 1 ? 'device' : 'devices'}, and ${type} supports ${most}`,
      evidence: { devices: count, supported: most, instanceType: type },
      causes: [
        {
          cause: 'launch-template',
          likelihood: 'likely',
          why: 'the launch template or node class attaches fewer EFA interfaces than the type can carry',
          check: ['kubectl get nodes -o custom-columns="NODE:.metadata.name,EFA:.status.allocatable.vpc\\.amazonaws\\.com/efa"'],
          fix: [],
        },
      ],
    };
  },
});

/** Without /sys/class/infiniband (no RDMA module loaded) a PCI bus without EFA functions still shows that there are none. */
function countDevices(infiniband: Infiniband | undefined, pci: Pci | undefined): number | undefined {
  if (infiniband !== undefined) return infiniband.devices.filter((device) => device.isEfa).length;
  return pci?.functions.some((candidate) => candidate.kind === 'efa') === false ? 0 : undefined;
}
