import type { NvidiaDmon, NvidiaQuery } from '../../agent/model.ts';
import { fieldText, gpuViews, type GpuView } from '../gpu-values.ts';
import { familyOf, labelValue, type Family } from './exposition.ts';
import { GPU_METRICS } from './gpu-metrics.ts';

const INFO = 'railmedic_gpu_info';

/** What nvidia-smi says of each GPU now; a GPU that it does not list any more leaves no series. */
export function gpuFamilies(query: NvidiaQuery | undefined, dmon: NvidiaDmon | undefined): readonly Family[] {
  if (!query) return [];
  // By labels: two rows of one GPU must not become two equal series, which would cost the whole scrape.
  const byLabels = new Map(gpuViews(query.gpus, dmon).map((view) => [gpuLabels(String(view.gpu.index), view.gpu.uuid), view]));
  const views = [...byLabels];
  const info = views.map(([labels, view]) => [`${labels},${details(view, query)}`, 1] as const);
  return [
    familyOf(INFO, 'gauge', 'A GPU that nvidia-smi lists; always 1. Labels are empty where it does not say.', info),
    ...GPU_METRICS.map(({ name, type, help, value }) =>
      familyOf(name, type, help, views.map(([labels, view]) => [labels, value(view)] as const)),
    ),
  ];
}

/** `uuid` with its `GPU-`, as DCGM's label `UUID` has it. */
export function gpuLabels(index: string, uuid: string): string {
  return `gpu="${index}",uuid="${labelValue(uuid)}"`;
}

function details({ gpu }: GpuView, query: NvidiaQuery): string {
  const labels = {
    name: gpu.name,
    pci: gpu.pciAddress,
    driver_version: fieldText(gpu, 'driver_version') ?? query.driverVersion,
    mig_mode: fieldText(gpu, 'mig.mode.current'),
  };
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${labelValue(value ?? '')}"`)
    .join(',');
}
