import type { Cause, GpuLogEvent, NvidiaSmi, Symptom } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { DRAIN, REBOOT } from './commands.ts';

/** Drivers up to 580 name no client, 595 does. A client names itself: greedy up to the last quote. */
const MISMATCH = /^API mismatch: the client (?:'(.*)' (?:\(pid (\d+)\) )?)?has the version (\d[\d.-]*\d),? but this kernel module has (?:the version )?(\d[\d.-]*\d)/;
const SMI_SAYS = /driver\/library version mismatch/i;
const NAME_LENGTH = 64;

/**
 * An event: the driver tells of it each time a client tries. nvidia-smi is tried again all the time, so that the finding
 * stands as long as the mismatch does, and ends a quarter of an hour after the last try that failed.
 */
export const nvidiaDriverMismatch = defineRule({
  name: 'NvidiaDriverMismatch',
  title: 'NVIDIA library and kernel module are of different versions',
  severity: 'critical',
  page: 'rules/gpu/nvidia-driver-mismatch.md',
  needs: [],
  uses: ['kernel-log', 'nvidia-smi'],
  lasts: 'event',
  clearAfterSeconds: 900,
  settings: {},
  *check(now) {
    const told = (now['kernel-log']?.gpuEvents ?? []).flatMap((event) => (event.kind === 'api-mismatch' ? [event] : []));
    const failure = now['nvidia-smi']?.failure;
    const smi = failure && SMI_SAYS.test(failure.text) ? now['nvidia-smi'] : undefined;
    const newest = told.toSorted((a, b) => a.time.localeCompare(b.time)).at(-1);
    if (newest || smi) yield symptom(newest, smi);
  },
});

function symptom(told: GpuLogEvent | undefined, smi: NvidiaSmi | undefined): Symptom {
  const [, client, pid, library, loaded] = MISMATCH.exec(told?.text ?? '') ?? [];
  const whose = client === undefined ? '' : ` of ${client.slice(0, NAME_LENGTH)}${pid === undefined ? '' : `[${pid}]`}`;
  const facts = [
    ...(library === undefined ? [] : [`the library${whose} is ${library}, the kernel module ${loaded ?? 'another'}`]),
    ...(told && library === undefined ? ['the kernel refused a client of another version (API mismatch)'] : []),
    ...(smi ? [`${smi.path ?? 'nvidia-smi'} cannot ask the driver: Driver/library version mismatch`] : []),
  ];
  const known = {
    libraryVersion: library,
    moduleVersion: loaded,
    client: client?.slice(0, NAME_LENGTH),
    pid,
    line: told?.text,
    nvidiaSmi: smi?.failure?.text.slice(0, 200),
    exitCode: smi?.failure?.exitCode,
  };
  const entries = Object.entries(known).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return {
    subject: 'node',
    message: facts.join('; '),
    evidence: Object.fromEntries(entries),
    causes: [upgraded(smi !== undefined), ofContainer(smi !== undefined)],
    ...(told && !smi && { happenedAt: told.time }),
  };
}

function upgraded(smiFails: boolean): Cause {
  return {
    cause: 'upgraded-without-reload',
    likelihood: smiFails ? 'likely' : 'possible',
    why: 'the driver package was upgraded while the old kernel module stayed loaded',
    check: ['cat /proc/driver/nvidia/version', 'modinfo -F version nvidia', "grep -E 'nvidia' /var/log/dpkg.log /var/log/dnf.log"],
    fix: [DRAIN, REBOOT],
  };
}

function ofContainer(smiFails: boolean): Cause {
  return {
    cause: 'library-in-the-image',
    likelihood: smiFails ? 'possible' : 'likely',
    why: 'a container brings its own libcuda or libnvidia-ml instead of the one that the container toolkit mounts',
    check: ["kubectl exec -n \"$NAMESPACE\" \"$POD\" -- sh -c 'ldconfig -p | grep -E \"libcuda|libnvidia-ml\"'", 'cat /proc/driver/nvidia/version'],
    fix: [],
  };
}
