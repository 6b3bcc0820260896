import type { Cause, NvidiaSmi, PciFunction } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';
import { isGpuClass } from './gpu-class.ts';

/** Drivers that take a GPU away from the host on purpose, to give it to a virtual machine or a user-space program. */
const GIVEN_AWAY = /vfio|pci-stub|pciback|uio/;
/** nvidia-smi(1), RETURN VALUE: 9, the driver is not loaded. */
const NOT_LOADED = 9;

export const nvidiaDriverMissing = defineRule({
  name: 'NvidiaDriverMissing',
  title: 'NVIDIA GPUs are on the PCI bus and have no driver',
  severity: 'critical',
  page: 'rules/gpu/nvidia-driver-missing.md',
  needs: ['pci'],
  uses: ['nvidia-smi', 'nvidia-query'],
  // Modules load late in the boot; where the GPU Operator builds one it takes minutes.
  forSeconds: 60,
  settings: {},
  *check(now) {
    const smi = now['nvidia-smi'];
    const gpus = now.pci.functions.filter(({ kind, class: code }) => kind === 'nvidia' && isGpuClass(code));
    const ours = gpus.filter(({ driver }) => driver === undefined || !GIVEN_AWAY.test(driver));
    // GPUs that nvidia-smi lists have their driver, whatever the links below /sys show of it.
    const isAnswered = (now['nvidia-query']?.gpus.length ?? 0) >= Math.max(1, ours.length);
    const bare = isAnswered ? [] : ours.filter(({ driver }) => driver === undefined);
    const isRefused = ours.length > 0 && smi?.failure?.exitCode === NOT_LOADED;
    if (bare.length === 0 && !isRefused) {
      if (ours.length > 0 && smi === undefined) yield undecided('node', 'how nvidia-smi does was not read');
      return;
    }
    yield {
      subject: 'node',
      message: [
        ...(bare.length > 0
          ? [`${bare.length} of ${gpus.length} NVIDIA GPUs have no driver (${bare.map(({ address }) => address).join(', ')})`]
          : []),
        ...(isRefused ? ['nvidia-smi exits with 9: it cannot reach the driver'] : []),
      ].join('; '),
      evidence: {
        gpus: gpus.map(({ address, driver }) => `${address} ${driver ?? 'no driver'}`),
        ...(smi?.failure && { nvidiaSmi: said(smi) }),
      },
      causes: causes(bare, ours),
    };
  },
});

function said({ failure }: NvidiaSmi): string {
  return `exit code ${failure?.exitCode ?? 'none'}: ${failure?.text ?? ''}`;
}

function causes(bare: readonly PciFunction[], ours: readonly PciFunction[]): readonly Cause[] {
  const isPartial = bare.length > 0 && bare.length < ours.length;
  const notLoaded: Cause = {
    cause: 'module-not-loaded',
    likelihood: isPartial ? 'possible' : 'likely',
    why: 'the nvidia module is not loaded or was not built for this kernel (a kernel update without DKMS, an image without it)',
    check: ["lsmod | grep -E '^(nvidia|nouveau)'", 'modinfo nvidia | head -3', 'uname -r', 'dkms status'],
    fix: ['modprobe nvidia'],
  };
  const operator: Cause = {
    cause: 'driver-pod-not-ready',
    likelihood: 'possible',
    why: "the GPU Operator's driver pod builds and loads the module: it is still at it, or it fails",
    check: [
      'kubectl get pods -n gpu-operator -o wide --field-selector spec.nodeName="$NODE"',
      'kubectl logs -n gpu-operator "$DRIVER_POD" --tail=50',
    ],
    fix: [],
  };
  const refused: Cause = {
    cause: 'probe-failed',
    likelihood: isPartial ? 'likely' : 'possible',
    why: 'the driver looked at the card and gave up (RmInitAdapter failed), nouveau holds it, or secure boot refuses the module',
    check: ["dmesg -T | grep -iE 'NVRM|nouveau|Key was rejected' | tail -30", ...ours.slice(0, 8).map(({ address }) => `lspci -k -s ${address}`)],
    fix: bare.map(({ address }) => `echo ${address} > /sys/bus/pci/drivers/nvidia/bind`),
  };
  return isPartial ? [refused, notLoaded, operator] : [notLoaded, operator, refused];
}
