import ipaddr from 'ipaddr.js';
import type { ClusterCheck } from '../../model.ts';
import { isIpv4, isIpv4Cidr } from '../../parse/cidr.ts';
import type { DocumentObject } from '../manifest-object.ts';
import type { AwsFacts } from './aws.ts';
import { failed, few, passed, skipped, unseen, type CheckName } from './check.ts';
import { whyNot } from './check-device-plugins.ts';
import type { ClusterContents } from './contents.ts';
import { NODES } from './kinds.ts';
import { deviceNodes, instanceIdOf, internalAddress } from './node-facts.ts';

const NAME: CheckName = { name: 'node-addresses', title: "GPU nodes lie in the first block of their VPC", rule: 'EfaSecondaryCidr' };
/** RFC 6598; with the VPC CNI's custom networking the usual second block. */
const SHARED_SPACE = '100.64.0.0/10';
const DISPUTED = 'reported from production to stop EFA; AWS documents neither confirm nor exclude it';

/** By EC2 where it was asked; else only what an address alone can tell. */
export function checkAddresses(contents: ClusterContents, aws: AwsFacts | string | undefined): ClusterCheck {
  if (!contents.nodes) return unseen(NAME, whyNot(contents, NODES.resource));
  const nodes = deviceNodes(contents.nodes).flatMap((node) => located(node, typeof aws === 'object' ? aws : undefined) ?? []);
  if (nodes.length === 0) return skipped(NAME, 'no GPU node with an IPv4 address');
  const outside = nodes.filter(({ address, block }) => (block === undefined ? isIn(address, SHARED_SPACE) : !isIn(address, block)));
  if (outside.length > 0) {
    const details = few(outside.map(({ name, address, block }) => `${name} ${address}, ${block === undefined ? `in ${SHARED_SPACE}, often a second block` : `outside of ${block}`}`));
    return failed(NAME, { severity: 'warning', found: `${outside.length} of ${nodes.length} lie elsewhere; ${DISPUTED}`, details });
  }
  const unplaced = nodes.filter(({ block }) => block === undefined).length;
  if (unplaced === 0) return passed(NAME, `all ${nodes.length} do`);
  if (typeof aws === 'string') return unseen(NAME, aws);
  if (aws === undefined) return skipped(NAME, `only EC2 knows the blocks of a VPC: add --aws; none of ${nodes.length} lies in ${SHARED_SPACE}`);
  return unseen(NAME, `EC2 did not tell the VPC of ${unplaced} of ${nodes.length}`);
}

function located(node: DocumentObject, aws: AwsFacts | undefined): { readonly name: string; readonly address: string; readonly block: string | undefined } | undefined {
  const address = internalAddress(node);
  if (address === undefined || !isIpv4(address)) return undefined;
  const instance = aws?.instances.find(({ id }) => id === instanceIdOf(node));
  const block = aws?.vpcs.find(({ id }) => id === instance?.vpc)?.firstBlock;
  return { name: node.name, address, block: block !== undefined && isIpv4Cidr(block) ? block : undefined };
}

function isIn(address: string, block: string): boolean {
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(block));
}
