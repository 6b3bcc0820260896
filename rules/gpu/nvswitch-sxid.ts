import type { Cause, Symptom, SxidEvent } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { grouped } from '../words.ts';
import { DRAIN, REBOOT, XIDS } from './commands.ts';
import { sxidVerdict } from './sxid-fatal.ts';

/** A switch counts its channels and registers up in a storm: beyond this many of one look the rest is one finding. */
const MAX_FINDINGS = 40;

/** NVSwitches of HGX A100 and H100 boards; on GB200 the switch is elsewhere and its faults are Xids 144 to 150. */
export const nvSwitchSxid = defineRule({
  name: 'NvSwitchSxid',
  title: 'An NVSwitch reported a fault',
  severity: 'critical',
  page: 'rules/gpu/nvswitch-sxid.md',
  needs: ['kernel-log'],
  lasts: 'event',
  clearAfterSeconds: 3600,
  settings: {},
  *check(now) {
    const events = now['kernel-log'].gpuEvents.filter((event) => event.kind === 'sxid');
    const groups = [...Map.groupBy(events, subjectOf)].map(([subject, group]) => symptom(subject, group));
    const worstFirst = groups.toSorted((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'));
    yield* worstFirst.slice(0, MAX_FINDINGS);
    const rest = worstFirst.slice(MAX_FINDINGS);
    const [worst] = rest;
    if (!worst) return;
    yield {
      ...worst,
      subject: 'node',
      message: `NVSwitches logged SXids of ${grouped(rest.length)} further links in the same moment`,
      evidence: { faults: groups.length, namedFaults: MAX_FINDINGS },
    };
  },
});

function subjectOf({ nvswitch, sxid, link }: SxidEvent): string {
  return `nvidia-nvswitch${nvswitch} SXid ${sxid}${link === undefined ? '' : ` Link ${link}`}`;
}

function symptom(subject: string, events: readonly SxidEvent[]): Symptom {
  const newest = events.reduce((a, b) => (b.time > a.time ? b : a));
  const verdicts = events.map(sxidVerdict);
  const verdict = verdicts.find(({ isFatal }) => isFatal) ?? sxidVerdict(newest);
  const count = events.reduce((sum, event) => sum + event.count, 0);
  const { sxid, nvswitch, pciAddress, link, detail, severity } = newest;
  const where = `${link === undefined ? '' : `link ${link} of `}nvidia-nvswitch${nvswitch} (${pciAddress})`;
  const often = count === 1 ? 'once' : `${grouped(count)} times`;
  return {
    subject,
    severity: verdict.isFatal ? 'critical' : 'warning',
    message: `SXid ${sxid} (${detail === '' ? 'no text' : detail}) on ${where} ${often}; ${verdict.why}`,
    evidence: {
      sxid,
      nvswitch,
      pciAddress,
      ...(link !== undefined && { link }),
      severity,
      isFatal: verdict.isFatal,
      count,
      detail,
      line: newest.text,
      kernelTime: newest.time,
    },
    causes: [linkFault(verdict.isFatal, nvswitch), gpuGone()],
    happenedAt: newest.time,
  };
}

function linkFault(isFatal: boolean, nvswitch: number): Cause {
  return {
    cause: 'nvlink-or-switch-fault',
    likelihood: 'likely',
    why: isFatal ? 'the link or the switch failed; jobs over NVLink on this node fail until it is reset' : 'the switch corrected it or retried; a link that does so often is wearing out',
    check: ['nvidia-smi nvlink -s', 'nvidia-smi nvlink -e', 'systemctl status nvidia-fabricmanager', `dmesg -T | grep 'nvidia-nvswitch${nvswitch}:' | tail -50`],
    fix: isFatal ? [DRAIN, REBOOT] : [],
  };
}

function gpuGone(): Cause {
  return {
    cause: 'gpu-at-the-other-end',
    likelihood: 'possible',
    why: 'a GPU that was reset or fell off the bus takes its links down; its own Xid tells',
    check: [XIDS],
    fix: [],
  };
}
