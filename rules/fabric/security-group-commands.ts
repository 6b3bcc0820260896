import type { Addresses, Imds, InfinibandDevice } from '../../agent/model.ts';
import { interfaceOf } from './efa-interfaces.ts';

/** Whose security groups are asked about: the ids where IMDS gave them, and what finds the instance in any case. */
export interface Groups {
  /** Undefined when IMDS does not say; never empty. */
  readonly ids: readonly string[] | undefined;
  /** Arguments of `aws ec2 describe-instances` that select this node. */
  readonly instance: string;
}

/**
 * The security groups of the interfaces behind these devices; of all the node's interfaces when a device cannot be joined
 * to its interface.
 */
export function groupsOf(
  devices: readonly InfinibandDevice[],
  imds: Imds | undefined,
  addresses: Addresses | undefined,
): Groups {
  const joined = devices.map((device) => interfaceOf(device, imds));
  const known = joined.every((found) => found !== undefined && found.securityGroupIds.length > 0);
  const interfaces = known ? joined : (imds?.interfaces ?? []);
  // What goes into a command that a person pastes into a root shell is held to its form, wherever it came from.
  const ids = interfaces.flatMap((found) => found?.securityGroupIds ?? []).filter((id) => /^sg-[\w-]+$/.test(id));
  const unique = Array.from(new Set(ids)).toSorted();
  return { ids: unique.length > 0 ? unique : undefined, instance: instanceArguments(imds, addresses) };
}

function instanceArguments(imds: Imds | undefined, addresses: Addresses | undefined): string {
  const id = imds?.instanceId;
  if (id !== undefined && /^i-\w+$/.test(id)) return `--instance-ids ${id}`;
  const address = addresses?.nodeIp?.address;
  if (address !== undefined && /^[\d.]+$/.test(address)) {
    return `--filters Name=network-interface.addresses.private-ip-address,Values=${address}`;
  }
  return '--filters "Name=private-dns-name,Values=$(hostname -f)"';
}

/** `the security group sg-1`, `the security groups sg-1, sg-2`, or whose they are where the ids are not known. */
export function nameGroups({ ids }: Groups): string {
  if (ids === undefined) return 'the security group of the EFA interfaces';
  return ids.length === 1 ? `the security group ${ids[0]}` : `the security groups ${ids.join(', ')}`;
}

const RULE_COLUMNS =
  "--query 'SecurityGroupRules[].[GroupId,IsEgress,IpProtocol,CidrIpv4,ReferencedGroupInfo.GroupId]' --output table";
const GROUPS_QUERY =
  '--query \'Reservations[].Instances[].NetworkInterfaces[?starts_with(InterfaceType,`"efa"`)][].Groups[].GroupId\' --output text';

/** Read-only: lists every rule of the groups; a good one reads `sg-1 | True | -1 | None | sg-1`, and so with False. */
export function listRules({ ids, instance }: Groups): readonly string[] {
  if (ids !== undefined) return [listRulesOf(`Name=group-id,Values=${ids.join(',')}`)];
  return [findGroups(instance), listRulesOf(`"Name=group-id,Values=$(echo $SGS | tr ' \\t' ',,')"`)];
}

function listRulesOf(filter: string): string {
  return `aws ec2 describe-security-group-rules --filters ${filter} ${RULE_COLUMNS}`;
}

/** Lets each group send to, or receive from, itself: one command a group, or a loop where they must be found first. */
export function allowItself(direction: 'egress' | 'ingress', { ids, instance }: Groups): readonly string[] {
  const allow = (id: string) =>
    `aws ec2 authorize-security-group-${direction} --group-id ${id} --protocol -1 --source-group ${id}`;
  if (ids !== undefined) return ids.map(allow);
  // `$(echo $SGS)` and not `$SGS`: zsh splits the former only.
  return [findGroups(instance), `for SG in $(echo $SGS); do ${allow('"$SG"')}; done`];
}

function findGroups(instance: string): string {
  return `SGS=$(aws ec2 describe-instances ${instance} ${GROUPS_QUERY}); echo $SGS`;
}
