import type { Cause, Imds } from '../../agent/model.ts';
import { grouped } from '../words.ts';
import type { Evidence } from './one-way-sender.ts';
import { deviceRise, hasReceivedBefore, portRise } from './one-way-sender.ts';
import type { Placement } from './secondary-block.ts';
import type { Groups } from './security-group-commands.ts';
import { allowItself, listRules, nameGroups } from './security-group-commands.ts';

/** A cause before it is known how likely it is. */
export type Ranked = Omit<Cause, 'likelihood'>;

export function egress(groups: Groups, { answered }: Evidence): Ranked {
  const lack = (groups.ids?.length ?? 1) > 1 ? `none of ${nameGroups(groups)} has an` : `${nameGroups(groups)} has no`;
  const others = answered.length === 0 ? '' : ' (but other EFA ports of this node receive: compare their groups)';
  return {
    cause: 'security-group-egress',
    why: `${lack} egress rule to itself (protocol -1); 0.0.0.0/0 does not count for EFA${others}`,
    check: listRules(groups),
    fix: allowItself('egress', groups),
  };
}

export function ingress(groups: Groups): Ranked {
  const lack = (groups.ids?.length ?? 1) > 1 ? `none of ${nameGroups(groups)} has an` : `${nameGroups(groups)} has no`;
  return {
    cause: 'security-group-ingress',
    why: `${lack} ingress rule from itself (protocol -1), or the peers' group, if it is another, has none from it`,
    check: listRules(groups),
    fix: allowItself('ingress', groups),
  };
}

/** Nothing where IMDS shows that the node lies in the first block of its VPC. */
export function otherBlock(placement: Placement, imds: Imds | undefined): readonly Ranked[] {
  if (placement.lies === 'first') return [];
  return [
    {
      cause: 'secondary-cidr',
      why: `${describeBlock(placement)}; that this stops EFA was reported from production and is disputed`,
      check: ['kubectl get nodes -o wide', ...listBlocks(placement, imds)],
      fix: listSubnets(imds),
    },
  ];
}

function describeBlock(placement: Exclude<Placement, { lies: 'first' }>): string {
  if (placement.lies === 'unknown') return `the node may lie in a secondary block of its VPC (${placement.why})`;
  const { address, block } = placement;
  if (placement.lies === 'shared-space') return `the node's address ${address} lies in ${block}, often a VPC's second block`;
  return `the node's address ${address} lies in ${block}, not in the VPC's first block ${placement.firstBlock}`;
}

/** CidrBlock is the first block of the VPC; the association set lists them all. */
function listBlocks(placement: Placement, imds: Imds | undefined): readonly string[] {
  const query = "--query 'Vpcs[].[CidrBlock,CidrBlockAssociationSet[].CidrBlock]' --output json";
  const vpc = vpcOf(imds);
  if (vpc !== undefined) return [`aws ec2 describe-vpcs --vpc-ids ${vpc} ${query}`];
  if (placement.lies === 'unknown') return [];
  const find =
    'aws ec2 describe-network-interfaces ' +
    `--filters Name=addresses.private-ip-address,Values=${placement.address} ` +
    "--query 'NetworkInterfaces[0].VpcId' --output text";
  return [`aws ec2 describe-vpcs --vpc-ids "$(${find})" ${query}`];
}

/** Moving nodes is no single command: this finds the subnets to move them to. */
function listSubnets(imds: Imds | undefined): readonly string[] {
  const vpc = vpcOf(imds);
  const zone = imds?.availabilityZone;
  if (vpc === undefined || zone === undefined || !/^[\w-]+$/.test(zone)) return [];
  const filters = `Name=vpc-id,Values=${vpc} Name=availability-zone,Values=${zone}`;
  return [`aws ec2 describe-subnets --filters ${filters} --query 'Subnets[].[SubnetId,CidrBlock]' --output text`];
}

function vpcOf(imds: Imds | undefined): string | undefined {
  return imds?.interfaces.map((candidate) => candidate.vpcId).find((id) => id !== undefined && /^vpc-\w+$/.test(id));
}

export function otherZone({ silent, imds }: Evidence): Ranked {
  const errors = deviceRise(silent, 'create_ah_err');
  const zone = imds?.availabilityZone === undefined ? '' : ` (this node: ${imds.availabilityZone})`;
  const speaks = errors > 0n ? `: create_ah_err rose by ${grouped(errors)}` : '';
  return {
    cause: 'other-zone-or-vpc',
    why: `the peers are in another Availability Zone or VPC${zone}, and EFA crosses neither${speaks}`,
    check: [
      'kubectl get nodes -L topology.kubernetes.io/zone,node.kubernetes.io/instance-type',
      'grep . /sys/class/infiniband/*/hw_counters/create_ah_err',
    ],
    fix: [],
  };
}

export function peerGone({ silent }: Evidence): Ranked {
  const events = portRise(silent, 'unresponsive_remote_events');
  const speaks = [
    hasReceivedBefore(silent) && `packets did come in earlier (${grouped(receivedEver(silent))} in all)`,
    events > 0n && `unresponsive_remote_events rose by ${grouped(events)}`,
  ].filter((text) => text !== false);
  return {
    cause: 'peer-gone',
    why: ["the peers' processes or nodes are gone, so nobody answers", ...speaks].join('; '),
    check: [
      'kubectl get pods -A -o wide --sort-by=.metadata.creationTimestamp',
      'kubectl get events -A --sort-by=.lastTimestamp',
      'grep . /sys/class/infiniband/*/ports/1/hw_counters/unresponsive_remote_events',
    ],
    fix: [],
  };
}

function receivedEver(silent: Evidence['silent']): bigint {
  return silent.reduce((sum, sender) => sum + sender.receivedEver, 0n);
}
