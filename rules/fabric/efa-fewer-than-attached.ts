import type { Imds, Infiniband, InfinibandDevice, Netdev } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { efaOnlyInterfaces, interfaceOf } from './efa-interfaces.ts';

/**
 * Only EFA-only interfaces are counted as certain: IMDS does not tell an interface with an address that carries an EFA
 * beside its ENA from one that is an ENA alone.
 */
export const efaFewerThanAttached = defineRule({
  name: 'EfaFewerThanAttached',
  title: 'The node has fewer EFA devices than interfaces are attached',
  severity: 'critical',
  page: 'rules/fabric/efa-fewer-than-attached.md',
  needs: ['infiniband', 'imds'],
  uses: ['netdev'],
  // As EfaDriverNotBound: some types bring their EFA up late.
  forSeconds: 15,
  settings: {},
  *check(now) {
    const { devices, only, lacking, unjoined } = join(now.infiniband, now.imds, now.netdev);
    // Each device that is joined to no interface may be one of the interfaces that lack a device.
    if (lacking.length <= unjoined.length) return;
    const missing = lacking.length - unjoined.length;
    const names = lacking.map((one) => one.interfaceId ?? one.mac);
    const which = unjoined.length === 0 ? ` (${names.join(', ')})` : '';
    yield {
      subject: 'node',
      message: `EFA-only interfaces attached: ${only.length}; without an EFA device on this node: ${missing}${which}`,
      evidence: { attached: only.length, devices: devices.length, missing, interfacesWithoutDevice: names },
      causes: [
        {
          cause: 'driver-or-device',
          likelihood: 'likely',
          why: 'the driver did not take the device, or the device did not come up (see EfaDriverNotBound)',
          check: ['lspci -Dnnk -d 1d0f:', "dmesg -T | grep -iE 'efa|infiniband'"],
          fix: ['modprobe efa'],
        },
        {
          cause: 'host-fault',
          likelihood: 'possible',
          why: 'the interface is not even on the PCI bus: a fault of the machine underneath; stop and start moves the instance',
          check: now.imds.instanceId === undefined ? [] : statusCommand(now.imds.instanceId),
          fix: [],
        },
      ],
    };
  },
});

function join(infiniband: Infiniband, imds: Imds, netdev: Netdev | undefined) {
  const devices = infiniband.devices.filter((device) => device.isEfa);
  const macOf = (device: InfinibandDevice) => interfaceOf(device, imds)?.mac;
  const joined = new Set(devices.map(macOf));
  const only = efaOnlyInterfaces(imds, netdev);
  return {
    devices,
    only,
    lacking: only.filter((candidate) => !joined.has(candidate.mac)),
    unjoined: devices.filter((device) => macOf(device) === undefined),
  };
}

function statusCommand(instanceId: string): readonly string[] {
  if (!/^i-\w+$/.test(instanceId)) return [];
  return [
    `aws ec2 describe-instance-status --instance-ids ${instanceId}`,
    `aws ec2 describe-instances --instance-ids ${instanceId} ` +
      "--query 'Reservations[].Instances[].NetworkInterfaces[].[NetworkInterfaceId,InterfaceType,Status]' --output table",
  ];
}
