import { BlockList, isIP } from 'node:net';

const NETWORK = /^([0-9a-fA-F.:]{2,45})(?:\/(\d{1,3}))?$/;

/** An address or a network as people write it, `10.0.0.1` or `10.0.0.0/8`; null when it is neither. */
function networkIn(text: string): { readonly address: string; readonly bits: number; readonly family: Family } | null {
  const [, address = '', bits] = NETWORK.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return null;
  const max = version === 4 ? 32 : 128;
  const given = bits === undefined ? max : Number(bits);
  return given <= max ? { address, bits: given, family: version === 4 ? 'ipv4' : 'ipv6' } : null;
}

type Family = 'ipv4' | 'ipv6';

export const isNetwork = (text: string): boolean => networkIn(text) !== null;

const made = new WeakMap<readonly string[], BlockList>();

/** Whether an address lies in one of the networks; what is no address lies in none. */
export function isWithin(address: string, networks: readonly string[]): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  const known = made.get(networks) ?? listOf(networks);
  made.set(networks, known);
  return known.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const network = networkIn(text);
    if (network) list.addSubnet(network.address, network.bits, network.family);
  }
  return list;
}
