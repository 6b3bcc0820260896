import type { Evidence, EvidenceValue, Symptom, XidEvent } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { whichGpu, type WhichGpu } from './which-gpu.ts';
import { xidCauses } from './xid-causes.ts';
import { lookUpXid, type Xid } from './xid-catalogue.ts';
import { xidSeverity } from './xid-severity.ts';
import { byWhom, countOf, eksWords, firstStep, howOften, processesOf, processName } from './xid-words.ts';

/**
 * An event and not `until-reboot`: what cures an Xid is mostly the end of a program or a reset of one GPU, and neither
 * changes the boot id. What lasts of it, other rules see: a lost GPU, ECC errors, a remap or a recovery that is pending.
 */
export const gpuXid = defineRule({
  name: 'GpuXid',
  title: 'The kernel logged an Xid of a GPU',
  severity: 'critical',
  page: 'rules/gpu/gpu-xid.md',
  needs: ['kernel-log'],
  uses: ['nvidia-query'],
  lasts: 'event',
  clearAfterSeconds: 3600,
  explainedBy: ['GpuLost'],
  settings: { processes: 3 },
  *check(now, before, _seconds, settings) {
    const log = now['kernel-log'];
    const byFault = Map.groupBy(
      log.gpuEvents.filter((event) => event.kind === 'xid'),
      ({ pciAddress, xid }) => `${pciAddress} ${xid}`,
    );
    for (const events of byFault.values()) {
      const [first] = events;
      if (!first) continue;
      const gpu = whichGpu(first, log, now['nvidia-query'], before?.['nvidia-query']);
      yield symptom(events, first.xid, gpu, settings.processes);
    }
  },
});

function symptom(events: readonly XidEvent[], number: number, gpu: WhichGpu, processes: number): Symptom {
  const xid = lookUpXid(number);
  const several = events.some(({ distinctProcesses }) => distinctProcesses >= processes);
  const newest = events.reduce((a, b) => (b.time > a.time ? b : a));
  const what = xid === undefined ? 'unknown Xid' : xid.meaning;
  const whose = processesOf(events);
  return {
    subject: `${gpu.name} Xid ${number}`,
    title: `Xid ${number}: ${what}`,
    severity: xidSeverity(xid, events, processes),
    message: [
      `Xid ${number} (${what}) on ${gpu.words} ${howOften(events)}${byWhom(whose)}${decoded(newest)}${inSeveral(newest, several)}`,
      firstStep(xid),
      eksWords(xid),
    ].join('; '),
    evidence: evidence(events, newest, xid, gpu),
    causes: xidCauses(xid, gpu, whose, several),
    happenedAt: newest.time,
  };
}

function decoded({ nvlink, recoveryAction }: XidEvent): string {
  if (recoveryAction !== undefined) return `, which asks for "${recoveryAction}"`;
  if (nvlink === undefined) return '';
  return `, ${nvlink.unit} ${nvlink.severity}${nvlink.link < 0 ? '' : ` on link ${nvlink.link}`}`;
}

function inSeveral({ distinctProcesses }: XidEvent, several: boolean): string {
  return several ? `, in ${distinctProcesses} processes within an hour` : '';
}

function evidence(events: readonly XidEvent[], newest: XidEvent, xid: Xid | undefined, gpu: WhichGpu): Evidence {
  const processes = processesOf(events).slice(0, 10);
  const texts = (values: readonly (string | undefined)[]) => {
    const known = [...new Set(values)].filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known;
  };
  const known: Record<string, EvidenceValue | undefined> = {
    xid: newest.xid,
    count: countOf(events),
    total: newest.total,
    pciAddress: gpu.pciAddress,
    uuid: gpu.uuid,
    gpu: gpu.index,
    gpuInstance: newest.gpuInstance,
    computeInstance: newest.computeInstance,
    mnemonic: xid?.mnemonic,
    class: xid?.class ?? 'unknown',
    classReason: xid?.reason,
    immediateAction: xid?.immediate,
    investigatoryAction: xid?.investigatory,
    eksAutoRepair: xid?.eksActs ?? false,
    catalogue: xid?.source,
    distinctProcesses: newest.distinctProcesses,
    processes: texts(processes.map(processName)),
    commandLines: texts(processes.map(({ commandLine }) => commandLine)),
    podUids: texts(processes.map(({ podUid }) => podUid)),
    containerIds: texts(processes.map(({ containerId }) => containerId)),
    missing: texts(processes.map(({ missing }) => missing)),
    nvlinkUnit: newest.nvlink?.unit,
    nvlinkSeverity: newest.nvlink?.severity,
    nvlinkLink: newest.nvlink?.link,
    recoveryAction: newest.recoveryAction,
    line: newest.text,
    kernelTime: newest.time,
  };
  return Object.fromEntries(Object.entries(known).filter((entry): entry is [string, EvidenceValue] => entry[1] !== undefined && entry[1] !== ''));
}
