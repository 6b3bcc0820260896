import type { Cause, Pci } from '../../agent/model.ts';
import { defineRule } from '../define.ts';

/** A fabric device does not leave a running node by itself: EFA interfaces cannot be detached while an instance runs. */
export const fabricDeviceVanished = defineRule({
  name: 'FabricDeviceVanished',
  title: 'A fabric device is gone',
  severity: 'critical',
  page: 'rules/fabric/device-vanished.md',
  needs: ['infiniband'],
  uses: ['pci'],
  settings: {},
  *check(now) {
    for (const name of now.infiniband.vanished) {
      const address = addressOf(name);
      const left = address === undefined ? undefined : whatIsLeft(address, now.pci);
      yield {
        subject: name,
        message: `was in /sys/class/infiniband earlier and is gone${left === undefined ? '' : `; ${left.text}`}`,
        evidence: { device: name, left: now.infiniband.devices.length, ...(address !== undefined && { address }) },
        causes: [moduleUnloaded(left?.onBus), deviceFailed(left?.onBus)].toSorted(byLikelihood),
      };
    }
  },
});

/**
 * The PCI address in a name that rdma-core's udev rule gave (`rdmap144s27`: bus 144, slot 27, both decimal); undefined for
 * any other name.
 */
function addressOf(name: string): string | undefined {
  const match = /^rdma(?:P(?<domain>\d+))?p(?<bus>\d+)s(?<slot>\d+)(?:f(?<fn>\d+))?$/.exec(name)?.groups;
  if (match === undefined) return undefined;
  return `${hex(match.domain, 4)}:${hex(match.bus, 2)}:${hex(match.slot, 2)}.${hex(match.fn, 1)}`;
}

function hex(decimal: string | undefined, width: number): string {
  return Number(decimal ?? 0).toString(16).padStart(width, '0');
}

function whatIsLeft(address: string, pci: Pci | undefined): { readonly onBus: boolean; readonly text: string } | undefined {
  if (pci === undefined) return undefined;
  const found = pci.functions.find((candidate) => candidate.address === address);
  if (found === undefined) return { onBus: false, text: `PCI lists no EFA at ${address}` };
  return { onBus: true, text: `PCI still lists ${address}, ${found.driver === undefined ? 'without a driver' : `driver ${found.driver}`}` };
}

function moduleUnloaded(onBus: boolean | undefined): Cause {
  return {
    cause: 'driver-gone',
    likelihood: onBus === true ? 'likely' : 'possible',
    why: 'the driver let go of it: its module was reloaded or unloaded, or it gave up after an error',
    check: ["dmesg -T | grep -iE 'efa|mlx5|infiniband' | tail -50", 'lsmod | grep -wE "efa|mlx5_ib|rdma_rxe"'],
    fix: onBus === true ? ['modprobe -r efa', 'modprobe efa'] : [],
  };
}

function deviceFailed(onBus: boolean | undefined): Cause {
  return {
    cause: 'hardware-gone',
    likelihood: onBus === false ? 'likely' : 'possible',
    why: 'the device left the PCI bus: a fault of the card or of the machine underneath; drain the node and replace it',
    check: ['lspci -Dnn', "dmesg -T | grep -iE 'pcieport|AER|surprise|link down' | tail -50"],
    fix: [],
  };
}

function byLikelihood(a: Cause, b: Cause): number {
  return Number(b.likelihood === 'likely') - Number(a.likelihood === 'likely');
}
