import type { Cause, Symptom } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { DRAIN, REBOOT, REPLACE, XIDS } from './commands.ts';
import { lostSigns, type LostSign } from './lost-signs.ts';

/**
 * Until the boot id changes, because the log tells of it once and nvidia-smi may go on to list a GPU that does not work. It
 * needs no single source: any of them is enough, and each may be the one that is missing.
 */
export const gpuLost = defineRule({
  name: 'GpuLost',
  title: 'A GPU is lost',
  severity: 'critical',
  page: 'rules/gpu/gpu-lost.md',
  needs: [],
  uses: ['kernel-log', 'nvidia-query', 'nvidia-smi', 'pci'],
  lasts: 'until-reboot',
  settings: {},
  *check(now, before) {
    const byGpu = Map.groupBy(lostSigns(now, before), ({ gpu }) => gpu.name);
    for (const [name, signs] of byGpu) yield symptom(name, signs);
  },
});

function symptom(name: string, signs: readonly LostSign[]): Symptom {
  const gpu = signs[0]?.gpu;
  const words = [...new Set(signs.map((sign) => sign.words))];
  const happenedAt = signs.flatMap((sign) => sign.happenedAt ?? []).toSorted().at(0);
  const where = gpu?.pciAddress === undefined || gpu.pciAddress === '' ? {} : { pciAddress: gpu.pciAddress };
  return {
    subject: name,
    message: `${gpu?.words ?? name} does not answer: ${words.join(', ')}`,
    evidence: {
      ...where,
      ...(gpu?.uuid !== undefined && { uuid: gpu.uuid }),
      ...(gpu?.index !== undefined && { gpu: gpu.index }),
      signs: [...new Set(signs.map(({ sign }) => sign))],
    },
    causes: causes(gpu?.pciAddress ?? ''),
    ...(happenedAt !== undefined && { happenedAt }),
  };
}

function causes(pciAddress: string): readonly Cause[] {
  return [
    {
      cause: 'gpu-or-pcie-hardware',
      likelihood: 'likely',
      why: 'the GPU or its PCIe link failed: power, seating, heat or a fault of the card',
      check: [`lspci -vvs ${pciAddress} | grep -E 'rev|LnkSta'`, "dmesg -T | grep -E 'NVRM|AER|pcieport' | tail -50"],
      fix: [DRAIN, REBOOT, ...REPLACE.slice(1)],
    },
    {
      cause: 'driver-or-firmware',
      likelihood: 'possible',
      why: 'the driver or its GSP firmware gave up on a GPU that PCI still shows; an Xid 119 or 120 went before',
      check: [XIDS, 'nvidia-smi -q | grep -E "Driver Version|GSP Firmware"'],
      fix: [DRAIN, REBOOT],
    },
  ];
}
