import type { Imds, ImdsInterface } from '../model.ts';
import {
  parseCidrs,
  parseId,
  parseIpv4s,
  parseMac,
  parseMacs,
  parseName,
  parseSecurityGroupIds,
  parseSmallNumber,
} from '../parse/imds.ts';
import { ImdsSilent, type ImdsLook } from './imds-session.ts';
import { sideBySide } from './side-by-side.ts';

/** What does not change from minute to minute. */
export type ImdsFacts = Omit<Imds, 'interruptions'>;

const AT_ONCE = 8;
const MACS = 'network/interfaces/macs/';
const OF_INSTANCE = {
  instanceId: 'instance-id',
  instanceType: 'instance-type',
  availabilityZone: 'placement/availability-zone',
  availabilityZoneId: 'placement/availability-zone-id',
  placementGroup: 'placement/group-name',
  mac: 'mac',
} as const;
const OF_INTERFACE = [
  'device-number',
  'network-card',
  'interface-id',
  'subnet-id',
  'subnet-ipv4-cidr-block',
  'vpc-id',
  'security-group-ids',
  'local-ipv4s',
] as const;

/**
 * A single fact that IMDS refuses is undefined. The list of interfaces and their addresses must be answered, with 404
 * at most: an interface without addresses counts as EFA-only, and a refusal must not look like one.
 */
export async function readFacts(look: ImdsLook): Promise<ImdsFacts> {
  const bodies = await ask(look, [MACS, ...Object.values(OF_INSTANCE)]);
  const macs = parseMacs(answered(bodies, MACS));
  const paths = macs.flatMap((mac) => OF_INTERFACE.map((key) => `${MACS}${mac}/${key}`));
  for (const [path, body] of await ask(look, paths)) bodies.set(path, body);
  for (const [path, body] of await ask(look, secondPaths(macs, bodies))) bodies.set(path, body);
  return {
    instanceId: parseId(text(bodies, OF_INSTANCE.instanceId)),
    instanceType: parseId(text(bodies, OF_INSTANCE.instanceType)),
    availabilityZone: parseId(text(bodies, OF_INSTANCE.availabilityZone)),
    availabilityZoneId: parseId(text(bodies, OF_INSTANCE.availabilityZoneId)),
    placementGroup: parseName(text(bodies, OF_INSTANCE.placementGroup)),
    mac: parseMac(text(bodies, OF_INSTANCE.mac)),
    interfaces: macs.map((mac) => toInterface(mac, macs, bodies)),
  };
}

type Bodies = Map<string, string | undefined | Error>;

/** amazon-vpc-cni-k8s reads `network-card`, versions of the EC2 guide list `network-card-index`. */
function secondPaths(macs: readonly string[], bodies: Bodies): readonly string[] {
  const cards = macs.filter((mac) => card(mac, bodies) === undefined).map((mac) => `${MACS}${mac}/network-card-index`);
  const vpcs = new Set(macs.map((mac) => vpcKey(mac, macs, bodies)));
  const blocks = [...vpcs].flatMap((key) => [`${key}/vpc-ipv4-cidr-block`, `${key}/vpc-ipv4-cidr-blocks`]);
  return [...cards, ...blocks];
}

function toInterface(mac: string, macs: readonly string[], bodies: Bodies): ImdsInterface {
  const of = (key: (typeof OF_INTERFACE)[number]): string | undefined => text(bodies, `${MACS}${mac}/${key}`);
  return {
    mac,
    interfaceId: parseId(of('interface-id')),
    deviceNumber: parseSmallNumber(of('device-number')),
    networkCard: card(mac, bodies) ?? parseSmallNumber(text(bodies, `${MACS}${mac}/network-card-index`)),
    subnetId: parseId(of('subnet-id')),
    subnetCidrBlock: parseCidrs(of('subnet-ipv4-cidr-block'))[0],
    vpcId: vpcId(mac, bodies),
    vpcCidrBlocks: vpcBlocks(vpcKey(mac, macs, bodies), bodies),
    securityGroupIds: parseSecurityGroupIds(of('security-group-ids')),
    localIpv4s: addresses(`${MACS}${mac}/local-ipv4s`, bodies),
  };
}

function card(mac: string, bodies: Bodies): number | undefined {
  return parseSmallNumber(text(bodies, `${MACS}${mac}/network-card`));
}

function vpcId(mac: string, bodies: Bodies): string | undefined {
  return parseId(text(bodies, `${MACS}${mac}/vpc-id`));
}

/** Where to ask for an interface's VPC: at the first interface of the same VPC, so that each VPC is asked for once. */
function vpcKey(mac: string, macs: readonly string[], bodies: Bodies): string {
  const id = vpcId(mac, bodies);
  const first = id === undefined ? mac : macs.find((other) => vpcId(other, bodies) === id);
  return `${MACS}${first ?? mac}`;
}

/** The documentation does not promise an order of `vpc-ipv4-cidr-blocks`; the primary block has a key of its own. */
function vpcBlocks(key: string, bodies: Bodies): readonly string[] {
  const primary = parseCidrs(text(bodies, `${key}/vpc-ipv4-cidr-block`)).slice(0, 1);
  return [...new Set([...primary, ...parseCidrs(text(bodies, `${key}/vpc-ipv4-cidr-blocks`))])];
}

function addresses(path: string, bodies: Bodies): readonly string[] {
  const body = answered(bodies, path);
  const found = parseIpv4s(body);
  if (body === undefined || found.length > 0) return found;
  const got = JSON.stringify(body.slice(0, 60));
  throw new Error(`cannot parse IMDS's answer to ${path}: got ${got}, expected IPv4 addresses`);
}

async function ask(look: ImdsLook, paths: readonly string[]): Promise<Bodies> {
  const bodies: Bodies = new Map();
  await sideBySide(paths, AT_ONCE, async (path) => {
    try {
      bodies.set(path, await look.get(path));
    } catch (error) {
      if (error instanceof ImdsSilent || !(error instanceof Error)) throw error;
      bodies.set(path, error);
    }
  });
  return bodies;
}

function text(bodies: Bodies, path: string): string | undefined {
  const body = bodies.get(path);
  return typeof body === 'string' ? body : undefined;
}

function answered(bodies: Bodies, path: string): string | undefined {
  const body = bodies.get(path);
  if (body instanceof Error) throw body;
  return body;
}
