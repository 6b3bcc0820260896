import type { Cause, Gpu, Judgement } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { DRAIN, reset } from './commands.ts';
import { eachGpu } from './each-gpu.ts';
import { evidenceOf, label, selector, silence, textField, unanswered } from './fields.ts';

const STATE = 'fabric.state';
const STATUS = 'fabric.status';

export const gpuFabricNotReady = defineRule({
  name: 'GpuFabricNotReady',
  title: 'GPU has not joined its NVLink fabric',
  severity: 'critical',
  page: 'rules/gpu/gpu-fabric-not-ready.md',
  needs: ['nvidia-query'],
  uses: ['host'],
  // The fabric manager starts late in the boot and trains the links for a minute or so.
  settings: { bootSeconds: 120 },
  *check(now, _before, _seconds, settings) {
    const up = now.host?.uptimeSeconds;
    const booting = up !== undefined && up < settings.bootSeconds;
    const { gpus } = now['nvidia-query'];
    const waiting = gpus.filter((gpu) => !/^completed$/i.test(textField(gpu, STATE).value ?? 'Completed')).length;
    yield* eachGpu(now['nvidia-query'], undefined, function* ({ gpu }) {
      for (const judgement of judge(gpu, waiting, gpus.length)) {
        if (booting && 'message' in judgement) yield silence(gpu, unanswered(gpu, `the node is up for ${Math.round(up)} s only`));
        else yield judgement;
      }
    });
  },
});

/** `status` holds only once the state is Completed (nvidia-smi --help-query-gpu). */
function* judge(gpu: Gpu, waiting: number, all: number): Iterable<Judgement> {
  const state = textField(gpu, STATE);
  if (state.value === undefined || /^not supported$/i.test(state.value)) {
    yield silence(gpu, state.value === undefined ? state : unanswered(gpu, `${STATE} says "${state.value}"`));
    return;
  }
  const isCompleted = /^completed$/i.test(state.value);
  const status = textField(gpu, STATUS);
  if (isCompleted && status.value === undefined) yield silence(gpu, status);
  if (isCompleted && (status.value === undefined || /^success$/i.test(status.value))) return;
  yield {
    subject: gpu.uuid,
    message: isCompleted
      ? `${label(gpu)}: joining the NVLink fabric ended with "${status.value}" (${STATUS}), expected "Success"`
      : `${label(gpu)}: ${STATE} is "${state.value}", expected "Completed" (so on ${waiting} of ${all} GPUs)`,
    evidence: evidenceOf(gpu, [STATE, STATUS]),
    causes: causes(gpu, isCompleted, waiting === all),
  };
}

function causes(gpu: Gpu, isCompleted: boolean, isWide: boolean): readonly Cause[] {
  const ask = `nvidia-smi -q -i ${selector(gpu)} | grep -A 12 -w Fabric`;
  const manager: Cause = {
    cause: 'fabric-manager',
    likelihood: isWide && !isCompleted ? 'likely' : 'possible',
    why: "the fabric manager does not run, or its version is not the driver's (after an upgrade of one of the two)",
    check: [
      'systemctl status nvidia-fabricmanager --no-pager',
      'nv-fabricmanager --version; cat /proc/driver/nvidia/version   # both the same version',
      'journalctl -u nvidia-fabricmanager -b --no-pager | tail -30',
      'kubectl get pods -n gpu-operator -o wide --field-selector spec.nodeName="$NODE"   # with the GPU Operator it runs in the driver pod',
    ],
    fix: [DRAIN, 'systemctl restart nvidia-fabricmanager'],
  };
  const link: Cause = {
    cause: 'nvlink-or-nvswitch',
    likelihood: isWide && !isCompleted ? 'possible' : 'likely',
    why: 'a link of this GPU or an NVSwitch did not come up: then the other GPUs are mostly fine',
    check: [ask, `nvidia-smi nvlink --status -i ${selector(gpu)}`, "dmesg -T | grep -E 'SXid|NVLink|NVSwitch' | tail -20"],
    fix: reset(gpu),
  };
  return isWide && !isCompleted ? [manager, link] : [link, manager];
}
