import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Choice } from './manifests.ts';

const FAKE = resolve(import.meta.dirname, '../../fake-nvidia-smi');
/** Of the GPU that the fake answers for. */
const ADDRESS = '0000:00:06.0';
const MOUNTED = '/nvidia';

/** A GPU on the PCI bus of a tree, and an nvidia-smi in the agent's container, where on a GPU node NVIDIA's runtime puts one. */
export interface PlantedGpu {
  /** What of the chart's settings takes nvidia-smi into the container. */
  readonly settings: Pick<Choice, 'extraEnv' | 'extraVolumes' | 'extraVolumeMounts'>;
  remove(): void;
}

export function plantGpu(root: string, directory: string): PlantedGpu {
  const bus = join(root, 'sys/bus/pci');
  const card = join(bus, 'devices', ADDRESS);
  mkdirSync(card, { recursive: true });
  for (const [name, text] of Object.entries({ vendor: '0x10de', device: '0x2335', class: '0x030200' })) writeFileSync(join(card, name), `${text}\n`);
  const files = join(directory, 'nvidia');
  cpSync(FAKE, files, { recursive: true });
  // The image has no shell.
  const program = join(files, 'nvidia-smi-of-the-image');
  writeFileSync(program, `#!/nodejs/bin/node\nimport('${MOUNTED}/main.mjs');\n`);
  chmodSync(program, 0o755);
  return {
    settings: {
      extraEnv: [{ name: 'RAILMEDIC_NVIDIA_SMI', value: `${MOUNTED}/nvidia-smi-of-the-image` }],
      extraVolumes: [{ name: 'nvidia', hostPath: { path: files } }],
      extraVolumeMounts: [{ name: 'nvidia', mountPath: MOUNTED, readOnly: true }],
    },
    remove: () => rmSync(bus, { recursive: true }),
  };
}
