import type { Judgement } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { reset, show, XIDS } from './commands.ts';
import { eachGpu, type GpuPair } from './each-gpu.ts';
import { evidenceOf, label, silence, yesNoField } from './fields.ts';

/** Rows since Ampere, pages before: a card has one of the two. */
const ROWS = 'remapped_rows.pending';
const PAGES = 'retired_pages.pending';

export const gpuRowRemapPending = defineRule({
  name: 'GpuRowRemapPending',
  title: 'GPU memory repair waits for a reset',
  severity: 'warning',
  page: 'rules/gpu/gpu-row-remap-pending.md',
  needs: ['nvidia-query'],
  settings: {},
  *check(now) {
    yield* eachGpu(now['nvidia-query'], undefined, judge);
  },
});

function* judge({ gpu }: GpuPair): Iterable<Judgement> {
  const rows = yesNoField(gpu, ROWS);
  const pages = yesNoField(gpu, PAGES);
  if (!rows.value && !pages.value) {
    const worst = [rows, pages].find((answer) => answer.value === undefined && answer.report);
    if (worst?.value === undefined && worst !== undefined) yield silence(gpu, worst);
    else if (rows.value === undefined && pages.value === undefined) yield silence(gpu, rows);
    return;
  }
  const what = rows.value ? 'a spare memory row will be put in place' : 'a memory page will be retired';
  yield {
    subject: gpu.uuid,
    message: `${label(gpu)}: ${what} at its next reset (${rows.value ? ROWS : PAGES} is Yes)`,
    evidence: evidenceOf(gpu, [
      ROWS,
      'remapped_rows.correctable',
      'remapped_rows.uncorrectable',
      PAGES,
      'retired_pages.single_bit_ecc.count',
      'retired_pages.double_bit.count',
    ]),
    causes: [
      {
        cause: 'memory-row',
        likelihood: 'confirmed',
        why: 'a piece of its memory failed and is offlined until the reset; what runs on the rest is sound',
        check: [show(gpu, rows.value ? 'ROW_REMAPPER,ECC' : 'PAGE_RETIREMENT,ECC'), XIDS],
        fix: reset(gpu),
      },
    ],
  };
}
