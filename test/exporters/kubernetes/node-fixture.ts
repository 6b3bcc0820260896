import type { Finding, Pod, Pods, Report, Snapshot } from '../../../agent/model.ts';
import { finding, infiniband, efa, kernelLog, ok, report, snapshot } from '../fixture.ts';

const START = Date.parse('2026-11-23T20:00:00.000Z');

/** A p4d node where everything can be seen; the report comes `seconds` after 20:00:00, the node has booted an hour before. */
export function look(seconds: number, findings: readonly Finding[] = [], readings: Partial<Snapshot> = {}): Report {
  return report({
    takenAt: new Date(START + seconds * 1000).toISOString(),
    findings,
    sources: [],
    snapshot: snapshot({
      infiniband: infiniband(efa('rdmap16s0', 1n, 1n)),
      'nvidia-smi': ok({ path: '/usr/bin/nvidia-smi', tried: [], driverVersion: '580.1', processes: [], failure: undefined }),
      'nvidia-query': ok({ driverVersion: '580.1', gpus: [] }),
      'kernel-log': kernelLog({}),
      host: ok({
        bootId: 'boot',
        uptimeSeconds: 3600 + seconds,
        kernelRelease: undefined,
        memoryTotalBytes: undefined,
        memoryAvailableBytes: undefined,
        hugepages2MiTotal: undefined,
        hugepages2MiFree: undefined,
      }),
      ...readings,
    }),
  });
}

export function fabric(rule: string, fields: Partial<Finding> = {}): Finding {
  return finding({ rule, severity: 'critical', page: `rules/fabric/${rule}.md`, pods: [], ...fields });
}

export function gpu(rule: string, fields: Partial<Finding> = {}): Finding {
  return finding({ rule, severity: 'critical', subject: 'GPU-1', message: 'GPU 1 does not answer', page: `rules/gpu/${rule}.md`, pods: [], ...fields });
}

export function podsOf(...pods: readonly { readonly namespace: string; readonly name: string; readonly uid: string }[]): Snapshot['pods'] {
  const whole = pods.map(
    (one): Pod => ({
      ...one,
      workload: undefined,
      role: undefined,
      requests: {},
      claims: [],
      phase: 'Running',
      reason: undefined,
      message: undefined,
      createdAt: undefined,
      deletedAt: undefined,
      hostNetwork: false,
      conditions: [],
      containers: [],
      placement: undefined,
    }),
  );
  const node = { name: 'ip-10-0-3-7', uid: 'uid-of-node', nodeGroup: undefined, labels: {}, taints: [], isCordoned: false, allocatable: {} };
  const value: Pods = { seenAt: '2026-11-23T20:00:00.000Z', node, pods: whole, gone: [], free: {}, unscheduled: [], unscheduledMissing: undefined };
  return ok(value);
}
