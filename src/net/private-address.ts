import { BlockList, isIP } from 'node:net';

/**
 * Networks that are not the public internet: whoever can name a URL must not reach them through the gateway. These are all of
 * IANA's registries of special-purpose addresses, those that may be routed too.
 */
const V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

const blocked = new BlockList();
for (const [net, bits] of V4) blocked.addSubnet(net, bits, 'ipv4');
const publicV6 = new BlockList();
publicV6.addSubnet('2000::', 3, 'ipv6');
/** Inside 2000::/3, but carrying an IPv4 address, for a special purpose, or for documentation. */
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
] as const) {
  blocked.addSubnet(net, bits, 'ipv6');
}

/** An IPv6 address without the interface that it belongs to: `fe80::1%eth0`. */
export const withoutZone = (address: string): string => address.split('%', 1)[0] ?? '';

/** Whether an address is none of the public internet; so is what is no address at all. */
export function isPrivateAddress(address: string): boolean {
  const plain = withoutZone(address);
  const family = isIP(plain);
  if (family === 4) return blocked.check(plain, 'ipv4');
  if (family === 6) return blocked.check(plain, 'ipv6') || !publicV6.check(plain, 'ipv6');
  return true;
}
