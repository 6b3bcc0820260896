import ipaddr from 'ipaddr.js';

import type { Imds, ImdsInterface, InfinibandDevice, Netdev } from '../../agent/model.ts';

/**
 * The MAC address of the network interface behind an EFA device, lower case. GID 0, the only one an EFA has, is `fe80:` and
 * the EUI-64 of that MAC: the universal/local bit flipped, ff:fe in the middle (RFC 4291, appendix A). Undefined when the
 * GID is not of that form. AWS promises this nowhere: use it only where IMDS knows the MAC that comes out.
 */
export function macOfGid(gid: string | undefined): string | undefined {
  if (gid === undefined || !ipaddr.IPv6.isValid(gid)) return undefined;
  const [first, second, third, ff, fe, ...rest] = ipaddr.IPv6.parse(gid).toByteArray().slice(8);
  if (first === undefined || second === undefined || third === undefined || ff !== 0xff || fe !== 0xfe) return undefined;
  return [first ^ 0x02, second, third, ...rest].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** The interface that IMDS lists for this device; undefined where the two cannot be joined. */
export function interfaceOf(device: InfinibandDevice, imds: Imds | undefined): ImdsInterface | undefined {
  const mac = macOfGid(device.ports[0]?.gid);
  return imds?.interfaces.find((candidate) => candidate.mac.toLowerCase() === mac);
}

/**
 * Interfaces that can only be EFA-only ones: IMDS lists no IPv4 address for them, they are not the instance's primary
 * interface and no network interface of the host has their MAC (an EFA-only interface has no ENA beside it; an ENA in an
 * IPv6-only subnet has no IPv4 either, but it has a network interface).
 */
export function efaOnlyInterfaces(imds: Imds, netdev: Netdev | undefined): readonly ImdsInterface[] {
  const ena = new Set(netdev?.interfaces.map((candidate) => candidate.mac?.toLowerCase()));
  return imds.interfaces.filter(
    (candidate) =>
      candidate.localIpv4s.length === 0 &&
      candidate.mac.toLowerCase() !== imds.mac?.toLowerCase() &&
      !ena.has(candidate.mac.toLowerCase()),
  );
}
