import type { Cause, Gpu } from '../../agent/model.ts';
import { REPLACE } from './commands.ts';
import { selector } from './fields.ts';

/** Why a PCIe link trains below what both ends can do; the same for its width and its speed. */
export function linkCauses(gpu: Gpu): readonly Cause[] {
  return [
    {
      cause: 'bad-contact',
      likelihood: 'likely',
      why: 'the link trained lower at boot: a riser, cable or module that is not seated well, or a damaged lane',
      check: ["lspci -d 10de: -vv | grep -E '^[0-9a-f]|LnkCap:|LnkSta:'", "dmesg -T | grep -iE 'AER|pcieport' | tail -20"],
      fix: REPLACE,
    },
    {
      cause: 'link-errors',
      likelihood: 'possible',
      why: 'the link was fine and fell back after errors: replays rise, the kernel log has AER lines',
      check: [`nvidia-smi -q -i ${selector(gpu)} | grep -i replay`],
      fix: REPLACE,
    },
  ];
}
