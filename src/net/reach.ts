import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { unavailable } from '../kernel/errors.ts';
import { allowedOf, plainHost } from './allowed.ts';
import { isPrivateAddress, withoutZone } from './private-address.ts';

/** What of the network the gateway may be sent to by people who can name a host but do not run it. */
export interface Reach {
  /** What the operator allows, as data, for a process that builds the same reach. */
  readonly entries: readonly string[];
  /** Hosts that are named without a port: port 443 alone. */
  readonly bareHosts: readonly string[];
  /** Named by the operator for this port: any of its addresses will do, over http too. */
  isNamed(host: string, port: number): boolean;
  /** Whether this address may be connected to: a public one, or one in a network that the operator allows for this port. */
  isOpen(address: string, port: number): boolean;
  /** The look-up to give to a socket: what it answers is what is connected to, so there is no second answer to be fooled by. */
  lookupFor(host: string, port: number): LookupFunction;
  /** An address of the host, for drivers that take no look-up: connect to it and to nothing else. */
  addressOf(host: string, port: number): Promise<string>;
}

export const refused = (why: string) => unavailable(`The request was refused: ${why}`);

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** What entries say, by port; `null`: any port. */
function readEntries(entries: readonly string[]) {
  const names = new Set<string>();
  const bareHosts: string[] = [];
  const networks = new Map<number | null, BlockList>();
  for (const entry of entries) {
    const allowed = allowedOf(entry);
    if (!allowed) throw refused('an entry is no host and no network');
    if (allowed.kind === 'network') {
      const list = networks.get(allowed.port) ?? new BlockList();
      list.addSubnet(allowed.net, allowed.bits, allowed.family === 4 ? 'ipv4' : 'ipv6');
      networks.set(allowed.port, list);
    } else {
      names.add(`${allowed.host} ${allowed.port}`);
      if (allowed.isBare) bareHosts.push(allowed.host);
    }
  }
  return { names, bareHosts, networks };
}

/** `entries`: hosts and networks as `allowedOf` reads them. Throws for what is neither. */
export function createReach(given: Iterable<string>, lookup: LookupFunction = systemLookup as LookupFunction): Reach {
  const entries = [...given];
  const { names, bareHosts, networks } = readEntries(entries);
  const isNamed = (host: string, port: number): boolean => {
    const name = plainHost(host);
    return names.has(`${name} ${port}`) || names.has(`${name} ${null}`);
  };
  const isOpen = (address: string, port: number): boolean => {
    if (!isPrivateAddress(address)) return true;
    const bare = withoutZone(address);
    if (isIP(bare) === 0) return false;
    return [port, null].some((each) => networks.get(each)?.check(bare, familyOf(bare)) === true);
  };
  const checkedLookup =
    (port: number): LookupFunction =>
    (host, options, done) =>
      lookup(host, options, (error, found, family) => {
        const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
        const isBad =
          error === null && (addresses.length === 0 || !addresses.every((address) => isOpen(address, port)));
        if (isBad) done(refused('the name leads to a private address'), '', family);
        else done(error, found, family);
      });
  const lookupFor = (host: string, port: number): LookupFunction =>
    isNamed(host, port) ? lookup : checkedLookup(port);
  return {
    entries,
    bareHosts,
    isNamed,
    isOpen,
    lookupFor,
    addressOf: (name, port) =>
      new Promise((resolve, reject) => {
        const host = plainHost(name);
        if (isIP(host) !== 0) {
          if (isNamed(host, port) || isOpen(host, port)) return resolve(host);
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
