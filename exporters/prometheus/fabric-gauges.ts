import { Gauge, type Registry } from '@prometheus-io/client';
import type { InfinibandDevice } from '../../agent/model.ts';
import { visible } from '../escape.ts';

const DEVICE_LABELS = ['device', 'driver', 'driver_version', 'firmware', 'pci', 'node_guid', 'is_efa'] as const;
const PORT_LABELS = ['device', 'port', 'state', 'physical_state', 'link_layer', 'rate'] as const;

/** What is known of each device and port beside its counters. Returns what sets it; a device that is gone leaves no series. */
export function fabricGauges(registry: Registry): (devices: readonly InfinibandDevice[]) => void {
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
  return (devices) => {
    for (const gauge of [devicesInfo, portsInfo, unreadable]) gauge.reset();
    for (const device of devices) {
      devicesInfo.set(deviceLabels(device), 1);
      unreadable.set({ device: visible(device.name) }, Object.keys(device.unreadable).length);
      for (const port of device.ports) portsInfo.set(portLabels(device, port), 1);
    }
  };
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
