import type { ClusterCheck } from '../../model.ts';
import type { AwsFacts, Ec2Instance, GroupRule } from './aws.ts';
import { failed, few, passed, skipped, unseen, type CheckName } from './check.ts';

const EGRESS: CheckName = { name: 'security-group-egress', title: 'The security groups of EFA interfaces let everything out to one another', rule: 'FabricOneWayTraffic' };
const INGRESS: CheckName = { name: 'security-group-ingress', title: 'The security groups of EFA interfaces let everything in from one another', rule: 'FabricOneWayTraffic' };

/**
 * The rules that EFA needs: all protocols (-1), to a security group and not to addresses, in both directions.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security
 */
export function checkSecurityGroups(aws: AwsFacts | string, region: string): readonly ClusterCheck[] {
  if (typeof aws === 'string') return [EGRESS, INGRESS].map((name) => unseen(name, aws));
  const withEfa = aws.instances.filter(({ efaInterfaces }) => efaInterfaces > 0);
  if (withEfa.length === 0) return [EGRESS, INGRESS].map((name) => skipped(name, `none of ${aws.instances.length} instances has an EFA interface attached`));
  return [checkDirection(EGRESS, withEfa, aws.rules, region), checkDirection(INGRESS, withEfa, aws.rules, region)];
}

export function notAsked(): readonly ClusterCheck[] {
  return [EGRESS, INGRESS].map((name) => skipped(name, 'not asked for: add --aws, with the AWS CLI and ec2:DescribeInstances, DescribeVpcs, DescribeSecurityGroupRules'));
}

function checkDirection(name: CheckName, instances: readonly Ec2Instance[], rules: readonly GroupRule[], region: string): ClusterCheck {
  const isEgress = name === EGRESS;
  const sets = [...Map.groupBy(instances, ({ groups }) => groups.join(' ')).values()];
  const bad = sets.filter(([first]) => first && !rules.some((rule) => rule.isEgress === isEgress && joins(rule, first.groups)));
  const said = (set: readonly Ec2Instance[]): string => `${set[0]?.groups.join(', ') || 'no group'} (${set.length} ${set.length === 1 ? 'instance' : 'instances'})`;
  if (bad.length === 0) return passed(name, `protocol -1 to the own group: ${few(sets.map(said), 3).join('; ')}`);
  const open = bad.some(([first]) => rules.some((rule) => rule.isEgress === isEgress && rule.protocol === '-1' && rule.peer === undefined && first?.groups.includes(rule.group)));
  const direction = isEgress ? 'egress' : 'ingress';
  return failed(name, {
    severity: 'critical',
    found: `no ${direction} rule of protocol -1 that names the group itself${open ? '; there is one for addresses, which does not count for EFA' : ''}`,
    details: few(bad.map(said)),
    // What a person pastes into a shell is held to its form, wherever it came from.
    fix: bad.flatMap(([first]) => {
      const group = first?.groups.find((id) => /^sg-\w+$/.test(id));
      if (group === undefined || !/^[a-z0-9-]+$/.test(region)) return [];
      return [`aws ec2 authorize-security-group-${direction} --region ${region} --group-id ${group} --protocol -1 --source-group ${group}`];
    }),
  });
}

/** A rule between two groups of the same interfaces serves as one to itself. */
function joins({ group, protocol, peer }: GroupRule, groups: readonly string[]): boolean {
  return protocol === '-1' && groups.includes(group) && peer !== undefined && groups.includes(peer);
}
