import type { DmonGpu, Gpu, NvidiaDmon, NvidiaQuery } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';
import { isMig, label, numberField } from './fields.ts';
import { type Spin, spinEvidence, spinMessage, spinOfNode, spinCauses } from './spin-words.ts';

interface Limits {
  readonly smPercent: number;
  readonly memoryPercent: number;
  readonly pcieMegabytesPerSecond: number;
  readonly powerRatio: number;
  readonly powerWatts: number;
}

/** A GPU that polls memory for a peer's answer: all its SMs busy, nothing moved, little power drawn. */
export const gpuSpinning = defineRule({
  name: 'GpuSpinning',
  title: 'GPUs are busy and get no work done',
  severity: 'warning',
  page: 'rules/gpu/gpu-spinning.md',
  needs: ['nvidia-dmon', 'nvidia-query'],
  forSeconds: 60,
  explainedBy: [
    'FabricOneWayTraffic',
    'EfaAdminQueueDead',
    'FabricDeviceVanished',
    'EfaPeerUnresponsive',
    'EfaAddressHandleErrors',
    'InfinibandPortDown',
    'EfaImpairedPath',
  ],
  // sichek's GPUHang signature, its watts (100; 160 on H100 and H200) as a share of the power limit. Measured on an H200
  // (limit 700 W, driver 580): a kernel of 24 to 132 blocks that polls a flag draws 125 to 140 W, idle 76 W, a matrix load 690 W.
  settings: { smPercent: 95, memoryPercent: 5, pcieMegabytesPerSecond: 300, powerRatio: 0.25, powerWatts: 100 },
  *check(now, _before, _seconds, settings) {
    const { spinning, blind } = sort(now['nvidia-dmon'], now['nvidia-query'], settings);
    const [only] = spinning;
    if (spinning.length > 1) yield spinOfNode(spinning, now['nvidia-query'].gpus.length);
    else if (only) yield { subject: only.gpu.uuid, message: spinMessage(only), evidence: spinEvidence(only), causes: spinCauses(1) };

    for (const { uuid, why } of blind) yield undecided(uuid, why);
    const unseen = blind.filter(({ isPassing }) => isPassing).length;
    if (spinning.length < 2 && spinning.length + unseen > 1) yield undecided('node', `${unseen} GPUs could not be judged now`);
  },
});

interface Blind {
  readonly uuid: string;
  readonly why: string;
  /** It will speak again; a GPU under MIG will not. */
  readonly isPassing: boolean;
}

function sort(dmon: NvidiaDmon, query: NvidiaQuery, limits: Limits): { readonly spinning: readonly Spin[]; readonly blind: readonly Blind[] } {
  const rows = new Map(dmon.gpus.filter(({ instance }) => instance === undefined).map((row) => [row.index, row]));
  const spinning: Spin[] = [];
  const blind: Blind[] = [];
  for (const gpu of query.gpus) {
    const judged = judge(gpu, rows.get(gpu.index), limits);
    if (judged === 'works') continue;
    if ('why' in judged) blind.push({ uuid: gpu.uuid, why: `${label(gpu)}: ${judged.why}`, isPassing: !isMig(gpu) });
    else spinning.push(judged);
  }
  for (const uuid of query.vanished ?? []) blind.push({ uuid, why: 'nvidia-smi no longer lists this GPU', isPassing: true });
  return { spinning, blind };
}

function judge(gpu: Gpu, row: DmonGpu | undefined, limits: Limits): Spin | 'works' | { readonly why: string } {
  if (isMig(gpu)) return { why: 'MIG is on: nvidia-smi does not say how busy its instances are' };
  if (row === undefined || row.samples === 0) return { why: 'nvidia-smi dmon gave no sample of it' };
  const { sm, mem, pwr, rxpci, txpci } = row.columns;
  const limit = numberField(gpu, 'power.default_limit').value ?? numberField(gpu, 'power.limit').value;
  // One column that speaks against it is enough, whatever the others do not say.
  const isBusyElsewhere = [
    sm !== undefined && sm <= limits.smPercent,
    mem !== undefined && mem >= limits.memoryPercent,
    ...[rxpci, txpci].map((rate) => rate !== undefined && rate >= limits.pcieMegabytesPerSecond),
    pwr !== undefined && limit !== undefined && pwr >= lowPower(limit, limits),
  ];
  if (isBusyElsewhere.includes(true)) return 'works';
  if (sm === undefined || mem === undefined) return { why: 'nvidia-smi dmon does not say how busy it is' };
  if (pwr === undefined || limit === undefined) return { why: 'how much power it draws, or may draw, is not known' };
  if (rxpci === undefined || txpci === undefined) return { why: 'nvidia-smi dmon does not say what it moves over PCIe' };
  return { gpu, samples: row.samples, sm, mem, pwr, limit, rxpci, txpci };
}

/** Cards below 200 W draw less than `powerWatts` while they work: for them half the limit is the bound. */
function lowPower(limit: number, { powerRatio, powerWatts }: Limits): number {
  return Math.min(Math.max(limit * powerRatio, powerWatts), limit / 2);
}

