import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { unavailable } from '../kernel/errors.ts';
import { isPrivateAddress } from './private-address.ts';

/** What of the network the gateway may be sent to by people who can name a host but do not run it. */
export interface Reach {
  /** What the operator allows, as data, for a process that builds the same reach. */
  readonly entries: readonly string[];
  /** Named by the operator, as `host` or `host:port`: any of its addresses will do, over http too. */
  isNamed(host: string, port: number): boolean;
  /** Whether this address may be connected to: a public one, or one in a network that the operator allows. */
  isOpen(address: string): boolean;
  /** The look-up to give to a socket: what it answers is what is connected to, so there is no second answer to be fooled by. */
  lookupFor(host: string, port: number): LookupFunction;
  /** An address of the host, for drivers that take no look-up: connect to it and to nothing else. */
  addressOf(host: string, port: number): Promise<string>;
}

const NETWORK = /^\[?([0-9a-fA-F.:]+)\]?\/(\d{1,3})$/;

export const refused = (why: string) => unavailable(`The request was refused: ${why}`);

/** Without brackets, lower case, no dot at the end. */
const plain = (host: string): string =>
  host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();

/** `host`, `host:port` or a network such as `10.0.0.0/8`; null when an entry is none of them. */
function networkOf(entry: string): { readonly net: string; readonly bits: number; readonly family: 4 | 6 } | null {
  const [, net = '', bits = ''] = NETWORK.exec(entry) ?? [];
  const family = isIP(net);
  if (family !== 4 && family !== 6) return null;
  return Number(bits) <= (family === 4 ? 32 : 128) ? { net, bits: Number(bits), family } : null;
}

/** `entries`: hosts (`host`, `host:port`) and networks (`10.0.0.0/8`, `fd00::/8`). */
export function createReach(given: Iterable<string>, lookup: LookupFunction = systemLookup as LookupFunction): Reach {
  const entries = [...given];
  const names = new Set<string>();
  const networks = new BlockList();
  for (const entry of entries) {
    const network = networkOf(entry);
    if (network) networks.addSubnet(network.net, network.bits, network.family === 4 ? 'ipv4' : 'ipv6');
    else names.add(entry.toLowerCase());
  }
  const isNamed = (host: string, port: number): boolean => {
    const name = plain(host);
    const written = name.includes(':') ? `[${name}]` : name;
    return names.has(name) || names.has(written) || names.has(`${written}:${port}`);
  };
  const isOpen = (address: string): boolean => {
    const bare = address.replace(/%.*$/, '');
    return !isPrivateAddress(address) || networks.check(bare, isIP(bare) === 6 ? 'ipv6' : 'ipv4');
  };
  const checkedLookup: LookupFunction = (host, options, done) =>
    lookup(host, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
      const isBad = error === null && (addresses.length === 0 || !addresses.every(isOpen));
      if (isBad) done(refused('the name leads to a private address'), '', family);
      else done(error, found, family);
    });
  const lookupFor = (host: string, port: number): LookupFunction => (isNamed(host, port) ? lookup : checkedLookup);
  return {
    entries,
    isNamed,
    isOpen,
    lookupFor,
    addressOf: (given, port) =>
      new Promise((resolve, reject) => {
        const host = plain(given);
        if (isIP(host) !== 0) {
          if (isNamed(host, port) || isOpen(host)) return resolve(host);
          return reject(refused('a private address'));
        }
        lookupFor(host, port)(host, { all: false }, (error, found) => {
          if (error) reject(error);
          else if (typeof found === 'string') resolve(found);
          else reject(refused('the name has no address'));
        });
      }),
  };
}
