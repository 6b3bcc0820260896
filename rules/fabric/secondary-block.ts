import ipaddr from 'ipaddr.js';

import type { Addresses, Imds, ImdsInterface } from '../../agent/model.ts';

/** Shared address space (RFC 6598); with the VPC CNI's custom networking the usual choice for a VPC's second block. */
const SHARED_SPACE = '100.64.0.0/10';

/** Where the node's primary IPv4 address lies among the blocks of its VPC. */
export type Placement =
  | { readonly lies: 'first'; readonly address: string; readonly block: string }
  | { readonly lies: 'secondary'; readonly address: string; readonly block: string; readonly firstBlock: string }
  | { readonly lies: 'shared-space'; readonly address: string; readonly block: string }
  | { readonly lies: 'unknown'; readonly why: string };

export function placeInVpc(imds: Imds | undefined, addresses: Addresses | undefined): Placement {
  const primary = primaryInterface(imds);
  const address = primaryAddress(primary, addresses);
  if (address === undefined) return { lies: 'unknown', why: 'neither IMDS nor the host gave an IPv4 address of this node' };
  const firstBlock = primary?.vpcCidrBlocks[0];
  if (primary === undefined || firstBlock === undefined) return placeWithoutImds(address, imds);
  const block = primary.vpcCidrBlocks.find((candidate) => isInBlock(address, candidate));
  if (block === firstBlock) return { lies: 'first', address, block };
  if (block !== undefined) return { lies: 'secondary', address, block, firstBlock };
  const blocks = primary.vpcCidrBlocks.join(', ');
  return { lies: 'unknown', why: `${address} lies in none of the VPC's blocks that IMDS lists (${blocks})` };
}

function placeWithoutImds(address: string, imds: Imds | undefined): Placement {
  if (isInBlock(address, SHARED_SPACE)) return { lies: 'shared-space', address, block: SHARED_SPACE };
  const reason = imds === undefined ? 'IMDS did not answer' : 'IMDS listed no VPC blocks';
  return { lies: 'unknown', why: `${reason}: which block of the VPC ${address} lies in is not known` };
}

function primaryInterface(imds: Imds | undefined): ImdsInterface | undefined {
  const mac = imds?.mac?.toLowerCase();
  return (
    imds?.interfaces.find((candidate) => candidate.mac.toLowerCase() === mac) ??
    imds?.interfaces.find((candidate) => candidate.deviceNumber === 0 && (candidate.networkCard ?? 0) === 0)
  );
}

/** IMDS knows best, but lists the addresses of pods beside the node's own; the node's own is first unless the host says. */
function primaryAddress(primary: ImdsInterface | undefined, addresses: Addresses | undefined): string | undefined {
  const own = addresses?.nodeIp?.address;
  if (own !== undefined && primary?.localIpv4s.includes(own)) return own;
  const candidate = primary?.localIpv4s[0] ?? own;
  return candidate !== undefined && ipaddr.IPv4.isValidFourPartDecimal(candidate) ? candidate : undefined;
}

function isInBlock(address: string, block: string): boolean {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(block)) return false;
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(block));
}
