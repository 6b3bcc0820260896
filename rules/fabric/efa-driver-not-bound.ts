import type { Cause, Infiniband, PciFunction } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';

/** An EFA that is on the PCI bus and in no list of devices: the module is not there for this kernel, or did not take it. */
export const efaDriverNotBound = defineRule({
  name: 'EfaDriverNotBound',
  title: 'An EFA on the PCI bus is not driven',
  severity: 'critical',
  page: 'rules/fabric/efa-driver-not-bound.md',
  needs: ['pci'],
  uses: ['infiniband'],
  // Some instance types bring their EFA up late: the awsome-distributed-ai health check looks three times, 5 s apart.
  forSeconds: 15,
  settings: {},
  *check(now) {
    const functions = now.pci.functions.filter((candidate) => candidate.kind === 'efa');
    const devices = now.infiniband?.devices.filter((device) => device.isEfa);
    const idle = functions.filter((candidate) => candidate.driver !== 'efa');
    const lacking = devices === undefined ? [] : withoutDevice(functions, now.infiniband);
    const named = Array.from(new Set([...idle, ...lacking]));
    if (devices === undefined && idle.length === 0) yield undecided('node', '/sys/class/infiniband was not read');
    if (named.length === 0) return;
    const count = devices?.length ?? functions.length - idle.length;
    yield {
      subject: 'node',
      message: `${functions.length} EFA on the PCI bus, ${count} in /sys/class/infiniband: ${named.map(describe).join('; ')}`,
      evidence: { functions: functions.length, devices: count, addresses: named.map((candidate) => candidate.address) },
      causes: idle.length > 0 ? [moduleMissing(idle), heldByOther(idle)].flat() : [probeFailed(named)],
    };
  },
});

/** Functions that no device claims; empty as long as the devices are as many. */
function withoutDevice(functions: readonly PciFunction[], infiniband: Infiniband | undefined): readonly PciFunction[] {
  const efa = infiniband?.devices.filter((device) => device.isEfa) ?? [];
  const claimed = new Set(efa.map((device) => device.pciAddress));
  return efa.length >= functions.length ? [] : functions.filter((candidate) => !claimed.has(candidate.address));
}

function describe(candidate: PciFunction): string {
  if (candidate.driver === undefined) return `${candidate.address} has no driver`;
  if (candidate.driver !== 'efa') return `${candidate.address} is held by ${candidate.driver}`;
  return `${candidate.address} is bound to efa but made no device`;
}

function moduleMissing(idle: readonly PciFunction[]): readonly Cause[] {
  const free = idle.filter((candidate) => candidate.driver === undefined);
  if (free.length === 0) return [];
  return [
    {
      cause: 'module-not-loaded',
      likelihood: 'likely',
      why: 'the efa module is not loaded or was not built for this kernel (a kernel update without DKMS)',
      check: ['lsmod | grep -w efa', 'modinfo efa', 'uname -r', 'dkms status', ...free.map(({ address }) => `lspci -k -s ${address}`)],
      fix: ['modprobe efa'],
    },
    probeFailed(free),
  ];
}

function heldByOther(idle: readonly PciFunction[]): readonly Cause[] {
  const held = idle.filter((candidate) => candidate.driver !== undefined);
  if (held.length === 0) return [];
  return [
    {
      cause: 'held-by-another-driver',
      likelihood: 'likely',
      why: 'another driver holds the function (vfio-pci: it was given to a virtual machine or a user-space program on purpose)',
      check: held.map(({ address }) => `lspci -k -s ${address}`),
      fix: held.flatMap(({ address, driver }) => [
        `echo ${address} > /sys/bus/pci/drivers/${driver}/unbind`,
        `echo > /sys/bus/pci/devices/${address}/driver_override`,
        `echo ${address} > /sys/bus/pci/drivers/efa/bind`,
      ]),
    },
  ];
}

function probeFailed(functions: readonly PciFunction[]): Cause {
  const bound = functions.filter(({ driver }) => driver === 'efa');
  return {
    cause: 'probe-failed',
    likelihood: bound.length > 0 ? 'likely' : 'possible',
    why: 'the driver tried and gave up: the kernel log says EFA device init failed, or names the step before it',
    check: ["dmesg -T | grep -iE 'efa|infiniband'"],
    fix: bound.flatMap(({ address }) => [
      `echo ${address} > /sys/bus/pci/drivers/efa/unbind`,
      `echo ${address} > /sys/bus/pci/drivers/efa/bind`,
    ]),
  };
}
