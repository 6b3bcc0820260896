import type { Cause, NvidiaSmiProcess } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';
import { grouped } from '../words.ts';
import { DRAIN, REBOOT } from './commands.ts';

export const nvidiaSmiUnresponsive = defineRule({
  name: 'NvidiaSmiUnresponsive',
  title: 'nvidia-smi does not answer',
  severity: 'critical',
  page: 'rules/gpu/nvidia-smi-unresponsive.md',
  needs: ['nvidia-smi'],
  explainedBy: ['GpuLost'],
  // Three polls of 15 s: the deadline at which NVSentinel calls a probe hung.
  settings: { silentSeconds: 45 },
  *check(now, _before, _seconds, settings) {
    const smi = now['nvidia-smi'];
    const hung = smi.processes.filter(({ state, silentSeconds }) => state === 'unkillable' || silentSeconds >= settings.silentSeconds);
    if (hung.length === 0) {
      if (!smi.processes.some(({ state }) => state === 'running')) yield undecided('node', 'nvidia-smi does not run now');
      return;
    }
    const pids = hung.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    const stuck = hung.some(({ state }) => state === 'unkillable');
    yield {
      subject: 'node',
      message:
        `${hung.map((one) => describe(one, settings.silentSeconds)).join('; ')}. ` +
        (stuck ? 'No second one is started while it is there' : 'Never more than one of each runs'),
      evidence: {
        processes: hung.map(
          ({ name, pid, state, silentSeconds }) => `${name}: pid ${pid ?? 'none'}, ${state}, silent for ${Math.round(silentSeconds)} s`,
        ),
        ...(pids.length > 0 && { pids: pids.map(String) }),
        ...(smi.path !== undefined && { path: smi.path }),
        ...(smi.driverVersion !== undefined && { driverVersion: smi.driverVersion }),
      },
      causes: causes(pids, stuck),
    };
  },
});

function describe({ name, pid, state, silentSeconds }: NvidiaSmiProcess, limit: number): string {
  const who = `nvidia-smi (${name}${pid === undefined ? '' : `, pid ${pid}`})`;
  const silent = `has said nothing for ${grouped(silentSeconds)} s (limit ${grouped(limit)} s)`;
  return state === 'unkillable' ? `${who} ${silent} and SIGKILL does not end it` : `${who} ${silent}`;
}

function causes(pids: readonly number[], stuck: boolean): readonly Cause[] {
  const state = pids.length === 0 ? [] : [`ps -o pid,stat,wchan:32,etimes,args -p ${pids.join(',')}`, ...pids.map((pid) => `cat /proc/${pid}/stack`)];
  return [
    {
      cause: 'driver-or-gpu-hangs',
      likelihood: stuck ? 'likely' : 'possible',
      why: 'the process sits in the driver (state D): a GPU or its GSP firmware does not answer; only a reboot ends that',
      check: [...state, "dmesg -T | grep -E 'NVRM|blocked for more than' | tail -30   # Xid 79, 119, 120: the GPU or its GSP"],
      fix: [DRAIN, `${REBOOT}   # if it hangs as well: power-cycle, or stop and start the instance`],
    },
    {
      cause: 'slow-initialisation',
      likelihood: stuck ? 'possible' : 'likely',
      why: 'every start initialises all GPUs anew: persistence mode is off, or the machine is overloaded (state R or S, not D)',
      check: ['systemctl status nvidia-persistenced --no-pager', 'uptime', 'time timeout 60 nvidia-smi -L'],
      fix: ['systemctl enable --now nvidia-persistenced'],
    },
    {
      cause: 'stopped',
      likelihood: 'possible',
      why: 'somebody or something stopped the process (state T): SIGSTOP, a debugger, a frozen cgroup',
      check: pids.map((pid) => `grep -E 'State|TracerPid' /proc/${pid}/status`),
      fix: pids.map((pid) => `kill -CONT ${pid}`),
    },
  ];
}
