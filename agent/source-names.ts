import type { SourceName } from './model.ts';

/** Every source of the model; the type holds it complete. */
const SOURCES: Readonly<Record<SourceName, true>> = {
  infiniband: true,
  pci: true,
  'device-files': true,
  netdev: true,
  addresses: true,
  imds: true,
  'kernel-log': true,
  host: true,
  'fabric-processes': true,
  mounts: true,
  'nvidia-smi': true,
  'nvidia-query': true,
  'nvidia-dmon': true,
  pods: true,
  'pod-resources': true,
  manifests: true,
};
export const SOURCE_NAMES = Object.keys(SOURCES) as readonly SourceName[];
