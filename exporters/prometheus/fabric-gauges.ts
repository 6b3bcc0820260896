import { Gauge, type Registry } from '@prometheus-io/client';
import type { InfinibandDevice } from '../../agent/model.ts';
import { visible } from '../escape.ts';

const DEVICE_LABELS = ['device', 'driver', 'driver_version', 'firmware', 'pci', 'node_guid', 'is_efa'] as const;
const PORT_LABELS = ['device', 'port', 'state', 'physical_state', 'link_layer', 'rate'] as const;

/**
 * What is known of each device and port beside its counters. Returns what sets it and tells whether anything is new, which
 * is seldom; a device that is gone leaves no series.
 */
export function fabricGauges(registry: Registry): (devices: readonly InfinibandDevice[]) => boolean {
  const registers = [registry];
  const devicesInfo = new Gauge({
    name: 'railmedic_infiniband_device_info',
    help: 'A device of /sys/class/infiniband; always 1.',
    labelNames: DEVICE_LABELS,
    registers,
  });
  const portsInfo = new Gauge({
    name: 'railmedic_infiniband_port_info',
    help: 'A port; always 1. State labels are empty on EFA, whose driver always says ACTIVE.',
    labelNames: PORT_LABELS,
    registers,
  });
  const unreadable = new Gauge({
    name: 'railmedic_infiniband_unreadable_counters',
    help: 'Files of the device that could not be read at the last look.',
    labelNames: ['device'],
    registers,
  });
  let last: readonly InfinibandDevice[] | undefined;
  return (devices) => {
    const isNew = last?.length !== devices.length || !devices.every((device, index) => isAlike(device, last?.[index]));
    last = devices;
    if (!isNew) return false;
    for (const gauge of [devicesInfo, portsInfo, unreadable]) gauge.reset();
    for (const device of devices) {
      devicesInfo.set(deviceLabels(device), 1);
      unreadable.set({ device: visible(device.name) }, Object.keys(device.unreadable).length);
      for (const port of device.ports) portsInfo.set(portLabels(device, port), 1);
    }
    return true;
  };
}

const DEVICE_FACTS = ['name', 'driver', 'driverVersion', 'firmwareVersion', 'pciAddress', 'nodeGuid', 'isEfa', 'unreadable'] as const;
const PORT_FACTS = ['port', 'state', 'physicalState', 'linkLayer', 'rate'] as const;

/** Whether two looks at a device give the same series. */
function isAlike(now: InfinibandDevice, before: InfinibandDevice | undefined): boolean {
  if (now === before) return true;
  if (!before || now.ports.length !== before.ports.length) return false;
  if (DEVICE_FACTS.some((fact) => now[fact] !== before[fact])) return false;
  return now.ports.every((port, index) => PORT_FACTS.every((fact) => port[fact] === before.ports[index]?.[fact]));
}

function deviceLabels(device: InfinibandDevice): Record<(typeof DEVICE_LABELS)[number], string> {
  return {
    device: visible(device.name),
    driver: visible(device.driver ?? ''),
    driver_version: visible(device.driverVersion ?? ''),
    firmware: visible(device.firmwareVersion ?? ''),
    pci: visible(device.pciAddress ?? ''),
    node_guid: visible(device.nodeGuid ?? ''),
    is_efa: String(device.isEfa),
  };
}

function portLabels(
  device: InfinibandDevice,
  port: InfinibandDevice['ports'][number],
): Record<(typeof PORT_LABELS)[number], string> {
  return {
    device: visible(device.name),
    port: String(port.port),
    state: device.isEfa ? '' : visible(port.state ?? ''),
    physical_state: device.isEfa ? '' : visible(port.physicalState ?? ''),
    link_layer: visible(port.linkLayer ?? ''),
    rate: visible(port.rate ?? ''),
  };
}
