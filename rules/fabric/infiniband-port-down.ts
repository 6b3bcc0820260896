import type { Cause, InfinibandDevice, InfinibandPort, Judgement } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';

/** A port that is not ACTIVE, where it was or must be. EFA is left out: its driver answers ACTIVE always (efa_verbs.c). */
export const infinibandPortDown = defineRule({
  name: 'InfinibandPortDown',
  title: 'An InfiniBand or RoCE port is down',
  severity: 'warning',
  page: 'rules/fabric/infiniband-port-down.md',
  needs: ['infiniband'],
  // Names as in /sys/class/infiniband with the port: mlx5_0/1. A second port without a cable is down for good and normal.
  settings: { requiredPorts: [] as readonly string[] },
  *check(now, _before, _seconds, settings) {
    const required = new Set(settings.requiredPorts);
    for (const device of now.infiniband.devices) {
      for (const port of device.ports) {
        const known = required.delete(port.name);
        if (!device.isEfa && (known || port.wasActive)) yield* judgePort(device, port, known);
      }
    }
    for (const name of now.infiniband.vanished) {
      yield undecided(`${name}/1`, 'the device is gone');
    }
    for (const name of required) {
      const message = 'the configuration requires this port, and /sys/class/infiniband has none of that name';
      yield { subject: name, message, evidence: { required: true } };
    }
  },
});

function* judgePort(device: InfinibandDevice, port: InfinibandPort, required: boolean): Iterable<Judgement> {
  if (port.state === undefined) {
    yield undecided(port.name, device.silence ?? 'its state could not be read');
    return;
  }
  if (port.state.endsWith('ACTIVE')) return;
  const reason = required ? 'the configuration requires it' : 'it was ACTIVE earlier';
  yield {
    subject: port.name,
    message: `state is "${port.state}" (physical: "${port.physicalState ?? 'unknown'}"), expected "4: ACTIVE": ${reason}`,
    evidence: {
      state: port.state,
      physicalState: port.physicalState ?? 'unknown',
      linkLayer: port.linkLayer ?? 'unknown',
      driver: device.driver ?? 'none (a virtual device)',
      required,
    },
    causes: causesOf(device, port),
  };
}

/** Physical states and what they tell: IBTA specification, PortInfo:PortPhysicalState. */
function causesOf(device: InfinibandDevice, port: InfinibandPort): readonly Cause[] {
  const show = [`rdma link show ${port.name}`, `ibstat ${device.name} ${port.port}`];
  const physical = port.physicalState ?? '';
  const disabled: Cause = {
    cause: 'interface-down',
    likelihood: physical.endsWith('Disabled') ? 'likely' : 'possible',
    why: 'somebody or something switched the port or the interface behind it off',
    check: [...show, 'ip -br link'],
    fix: [],
  };
  const cable: Cause = {
    cause: 'cable-or-switch',
    likelihood: physical.endsWith('Polling') ? 'likely' : 'possible',
    why: 'nobody answers on the wire: the cable, the transceiver or the switch port at the other end',
    check: [...show, "dmesg -T | grep -iE 'link (up|down)|mlx5|infiniband' | tail -20"],
    fix: [],
  };
  const manager: Cause = {
    cause: 'no-subnet-manager',
    likelihood: 'likely',
    why: 'the link is up but no subnet manager has set the port up',
    check: [...show, `sminfo -C ${device.name} -P ${port.port}`],
    fix: [],
  };
  if (physical.endsWith('LinkUp') && port.linkLayer !== 'Ethernet') return [manager, disabled];
  return disabled.likelihood === 'likely' ? [disabled, cable] : [cable, disabled];
}
