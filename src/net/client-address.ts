import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { withoutZone } from './private-address.ts';

type Address = ReturnType<typeof ipaddr.process>;
/** Addresses and networks of proxies whose `X-Forwarded-For` counts. */
export type TrustedProxies = readonly (readonly [network: Address, bits: number])[];

/** An address or a network, `10.0.0.1` or `10.0.0.0/8`; null when it is neither. */
export function networkOf(text: string): readonly [Address, number] | null {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    return null;
  }
}

/**
 * The address of the client, as log and limits know it: read from the right, the first address that is no trusted proxy. An
 * entry that is no address ends the walk at the last good one, for what stands before it may be anybody's word.
 */
export function clientAddressOf(request: IncomingMessage, proxies: TrustedProxies): string {
  const own = request.socket.remoteAddress ?? '';
  // On every request: nothing is parsed where nobody's word is taken.
  if (proxies.length === 0) return own.startsWith(MAPPED) ? own.slice(MAPPED.length) : own;
  let last = addressIn(own);
  if (last === null) return '';
  const hops = (request.headersDistinct['x-forwarded-for'] ?? []).join(',').split(',');
  for (let i = hops.length - 1; i >= 0 && isTrusted(last, proxies); i -= 1) {
    const next = addressIn((hops[i] ?? '').trim());
    if (next === null) break;
    last = next;
  }
  return last.toString();
}

/** Who counts as one client: an IPv4 address, or the /64 that a host with IPv6 has to itself. */
export function clientKeyOf(address: string): string {
  const parsed = addressIn(address);
  if (parsed === null || parsed.kind() === 'ipv4') return address;
  return `${parsed.toByteArray().slice(0, 8).join('.')}/64`;
}

/** IPv4 in IPv6, as a socket that listens to both gives it. */
const MAPPED = '::ffff:';

const isTrusted = (address: Address, proxies: TrustedProxies): boolean =>
  proxies.some(([network, bits]) => network.kind() === address.kind() && address.match(network as never, bits));

const WITH_PORT = /^(?:\[([^\]]+)\](?::\d{1,5})?|([0-9.]+):\d{1,5})$/;

/** With or without a port, an IPv4 address in IPv6 as the IPv4 address that it is. Strict: `1.2` and `0x7f.1` are none. */
function addressIn(text: string): Address | null {
  const [, six, four] = WITH_PORT.exec(text) ?? [];
  const bare = withoutZone(six ?? four ?? text);
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return null;
  return ipaddr.process(bare);
}
