import type { Cause, Interruption } from '../../agent/model.ts';
import { defineRule } from '../define.ts';

const WHAT = {
  'spot-interruption': 'EC2 takes this spot instance back',
  'rebalance-recommendation': 'EC2 recommends to leave this spot instance: it may soon be taken back',
  'scheduled-event': 'EC2 has scheduled maintenance of this instance',
} as const;
const IMDS = 'http://169.254.169.254/latest';

export const instanceInterruption = defineRule({
  name: 'InstanceInterruption',
  title: 'EC2 announces an interruption of this instance',
  severity: 'warning',
  page: 'rules/host/instance-interruption.md',
  needs: ['imds'],
  settings: {},
  *check(now) {
    for (const interruption of now.imds.interruptions) {
      const { kind, action, when, detail } = interruption;
      const what = action === undefined ? WHAT[kind] : `${WHAT[kind]}: ${action}`;
      const words = when === undefined ? what : `${what} at ${when}`;
      yield {
        subject: subjectOf(interruption),
        message: detail === undefined ? words : `${words} (${detail})`,
        evidence: {
          kind,
          ...(action === undefined ? {} : { action }),
          ...(when === undefined ? {} : { when }),
          ...(detail === undefined ? {} : { detail }),
          ...(now.imds.instanceId === undefined ? {} : { instanceId: now.imds.instanceId }),
        },
        causes: [cause(interruption, now.imds.instanceId ?? '$INSTANCE_ID')],
      };
    }
  },
});

/** An instance can have several scheduled events; their time tells them apart. */
function subjectOf({ kind, action, when }: Interruption): string {
  return kind === 'scheduled-event' ? [kind, action, when].filter((part) => part !== undefined).join(' ') : kind;
}

function cause({ kind }: Interruption, instanceId: string): Cause {
  const drain = 'kubectl drain "$NODE" --ignore-daemonsets --delete-emptydir-data';
  if (kind === 'scheduled-event') {
    return {
      cause: 'scheduled-maintenance',
      likelihood: 'confirmed',
      why: 'the instance metadata service says so; AWS acts at the time given, or earlier when you do',
      check: [`aws ec2 describe-instance-status --instance-ids ${instanceId} --query "InstanceStatuses[].Events"`],
      fix: [drain, `aws ec2 terminate-instances --instance-ids ${instanceId}   # its node group replaces it`],
    };
  }
  const path = kind === 'spot-interruption' ? 'spot/instance-action' : 'events/recommendations/rebalance';
  return {
    cause: 'spot-capacity',
    likelihood: 'confirmed',
    why:
      kind === 'spot-interruption'
        ? 'the instance metadata service says so; a spot instance is told two minutes ahead'
        : 'the instance metadata service says so; an interruption can follow, with its own two minutes',
    check: [
      `TOKEN=$(curl -sX PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" ${IMDS}/api/token)`,
      `curl -s -H "X-aws-ec2-metadata-token: $TOKEN" ${IMDS}/meta-data/${path}`,
    ],
    fix: [drain],
  };
}
