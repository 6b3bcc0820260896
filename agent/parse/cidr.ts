import ipaddr from 'ipaddr.js';

/** `10.0.3.7`, in four decimal parts. */
export function isIpv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** `10.0.0.0/16`, in four decimal parts. */
export function isIpv4Cidr(text: string): boolean {
  return ipaddr.IPv4.isValidCIDRFourPartDecimal(text);
}
