import type { CaptureFacts } from '../../agent/capture/layout.ts';
import { digits } from './node-tree.ts';
import type { Node } from './node.ts';

type Exchange = NonNullable<CaptureFacts['http']>[number];

const ROOT = '/latest/meta-data';

/** What the instance metadata service answers; paths as the EC2 user guide lists them ("instance metadata categories"). */
export function imdsAnswers(node: Node): readonly Exchange[] {
  const top: Record<string, string | undefined> = {
    'instance-id': `i-0${digits(`${node.name} instance`, 16)}`,
    'instance-type': node.instanceType,
    mac: node.primaryMac,
    'placement/availability-zone': node.zone.name,
    'placement/availability-zone-id': node.zone.id,
    'placement/group-name': undefined,
    'network/interfaces/macs/': interfaces(node).map(({ mac }) => `${mac}/`).join('\n'),
    'spot/instance-action': undefined,
    'events/recommendations/rebalance': undefined,
    'events/maintenance/scheduled': '[]',
  };
  const ofInterfaces = interfaces(node).flatMap((one) =>
    Object.entries(interfaceFacts(node, one)).map(([key, body]) => answer(`network/interfaces/macs/${one.mac}/${key}`, body)),
  );
  return [
    { method: 'PUT', url: '/latest/api/token', status: 200, body: 'x'.repeat(56) },
    ...Object.entries(top).map(([path, body]) => answer(path, body)),
    ...ofInterfaces,
  ];
}

interface Interface {
  readonly mac: string;
  readonly deviceNumber: number;
  readonly card: number;
  readonly addresses: readonly string[];
}

/** The primary one (ENA and EFA), the second one that the VPC CNI attached for pods, and EFA-only ones on the other cards. */
function interfaces(node: Node): readonly Interface[] {
  const [, ...efaOnly] = node.efa;
  const pods = [21, 22, 23].map((last) => `${node.subnet.split('.').slice(0, 3).join('.')}.${last}`);
  return [
    { mac: node.primaryMac, deviceNumber: 0, card: 0, addresses: [node.address] },
    { mac: node.podMac, deviceNumber: 2, card: 0, addresses: pods },
    ...efaOnly.map(({ mac }, index) => ({ mac, deviceNumber: 1, card: index + 1, addresses: [] })),
  ];
}

function interfaceFacts(node: Node, { mac, deviceNumber, card, addresses }: Interface): Record<string, string | undefined> {
  return {
    'device-number': deviceNumber.toString(),
    'interface-id': `eni-0${digits(`${mac} eni`, 16)}`,
    'local-ipv4s': addresses.length > 0 ? addresses.join('\n') : undefined,
    'network-card': card.toString(),
    'security-group-ids': node.securityGroups.join('\n'),
    'subnet-id': `subnet-0${digits(`${node.subnet} subnet`, 16)}`,
    'subnet-ipv4-cidr-block': node.subnet,
    'vpc-id': `vpc-0${digits(`${node.vpcBlocks[0]} vpc`, 16)}`,
    'vpc-ipv4-cidr-block': node.vpcBlocks[0],
    'vpc-ipv4-cidr-blocks': node.vpcBlocks.join('\n'),
  };
}

function answer(path: string, body: string | undefined): Exchange {
  return { url: `${ROOT}/${path}`, status: body === undefined ? 404 : 200, ...(body !== undefined && { body }) };
}
