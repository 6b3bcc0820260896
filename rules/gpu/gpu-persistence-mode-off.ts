import { defineRule } from '../define.ts';
import { eachGpu } from './each-gpu.ts';
import { evidenceOf, label, silence, textField } from './fields.ts';

const FIELD = 'persistence_mode';

export const gpuPersistenceModeOff = defineRule({
  name: 'GpuPersistenceModeOff',
  title: 'GPU persistence mode is off',
  severity: 'info',
  page: 'rules/gpu/gpu-persistence-mode-off.md',
  needs: ['nvidia-query'],
  settings: {},
  *check(now) {
    yield* eachGpu(now['nvidia-query'], undefined, function* ({ gpu }) {
      const mode = textField(gpu, FIELD);
      if (mode.value === undefined) yield silence(gpu, mode);
      if (mode.value === undefined || !/^disabled$/i.test(mode.value)) return;
      yield {
        subject: gpu.uuid,
        message: `${label(gpu)}: ${FIELD} is ${mode.value}: the driver shuts the GPU down whenever nobody has it open`,
        evidence: evidenceOf(gpu, [FIELD]),
        causes: [
          {
            cause: 'daemon-not-running',
            likelihood: 'likely',
            why: 'nvidia-persistenced does not run; it, not the old nvidia-smi -pm 1, is what NVIDIA advises on Linux',
            check: ['systemctl status nvidia-persistenced --no-pager', 'nvidia-smi --query-gpu=index,persistence_mode --format=csv'],
            fix: ['systemctl enable --now nvidia-persistenced', 'nvidia-smi -pm 1   # where the daemon is not installed; until the next reboot'],
          },
        ],
      };
    });
  },
});
