import type { Imds, InfinibandDevice, Judgement, Symptom } from '../../../agent/model.ts';
import { addresses, efa, imds, imdsInterface, infiniband } from '../fixtures.ts';

export const RAILS = ['rdmap16s0', 'rdmap17s0', 'rdmap18s0', 'rdmap19s0'];
export const GROUP = 'sg-0aaa0aaa0aaa0aaa0';
export const COLUMNS =
  "--query 'SecurityGroupRules[].[GroupId,IsEgress,IpProtocol,CidrIpv4,ReferencedGroupInfo.GroupId]' --output table";

/** GID 0 and MAC of the n-th EFA interface of a node. */
export const gid = (n: number) => `fe80:0000:0000:0000:0013:c2ff:fe6f:f0${n}0`;
export const mac = (n: number) => `02:13:c2:6f:f0:${n}0`;

export function traffic(sent: bigint, received: bigint): Record<string, bigint> {
  return { tx_pkts: sent, rx_pkts: received };
}

/** EFA devices that have all sent and received as much. */
export function rails(sent: bigint, received: bigint, names: readonly string[] = RAILS): readonly InfinibandDevice[] {
  return names.map((name, n) => efa(name, traffic(sent, received), {}, { gid: gid(n) }));
}

/** What IMDS says of a node whose n-th rail has the n-th list of security groups. */
export function groupsByRail(...groups: readonly (readonly string[])[]): Imds {
  const interfaces = groups.map((securityGroupIds, n) => imdsInterface({ mac: mac(n), securityGroupIds }));
  return imds({ mac: mac(0), interfaces });
}

export function look(devices: readonly InfinibandDevice[], facts?: Imds, ip?: string) {
  return { infiniband: infiniband(devices), ...(facts && { imds: facts }), ...(ip && { addresses: addresses(ip) }) };
}

export function symptoms(judgements: readonly Judgement[]): readonly Symptom[] {
  return judgements.filter((judgement) => 'subject' in judgement);
}

/** The only symptom among these. */
export function one(judgements: readonly Judgement[]): Symptom {
  const [first, ...rest] = symptoms(judgements);
  if (first === undefined || rest.length > 0) throw new Error(`expected one symptom, got ${JSON.stringify(judgements)}`);
  return first;
}

export const ranking = (symptom: Symptom) => symptom.causes?.map(({ cause, likelihood }) => `${cause} ${likelihood}`);
export const causeOf = (symptom: Symptom, name: string) => symptom.causes?.find(({ cause }) => cause === name);
