import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddressOf, clientKeyOf, networkOf, type TrustedProxies } from '../../../src/net/client-address.ts';

const proxies = (...texts: readonly string[]): TrustedProxies =>
  texts.map((text) => {
    const network = networkOf(text);
    if (network === null) throw new Error(text);
    return network;
  });
const from = (remoteAddress: string, headers: readonly string[], trusted: TrustedProxies): string =>
  clientAddressOf(
    { socket: { remoteAddress }, headersDistinct: { 'x-forwarded-for': headers } } as unknown as IncomingMessage,
    trusted,
  );
const TRUSTED = proxies('10.0.0.0/8', '192.0.2.7', 'fd00::/8');

describe('case 239: the address of a client', () => {
  it.each<[string, string, string[], string]>([
    ['without a proxy', '203.0.113.9', ['198.51.100.1'], '203.0.113.9'],
    ['behind one', '10.0.0.1', ['198.51.100.1'], '198.51.100.1'],
    ['behind three', '10.0.0.1', ['198.51.100.1, 192.0.2.7,10.1.1.1'], '198.51.100.1'],
    ['several header lines', '10.0.0.1', ['198.51.100.1', '10.1.1.1'], '198.51.100.1'],
    ['forged entries before it', '10.0.0.1', ['1.1.1.1, 198.51.100.1'], '198.51.100.1'],
    ['a forged trusted entry before it', '10.0.0.1', ['10.9.9.9, 198.51.100.1, 10.0.0.2'], '198.51.100.1'],
    ['all of them trusted', '10.0.0.1', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['an entry that is no address', '10.0.0.1', ['198.51.100.1, unknown, 10.0.0.2'], '10.0.0.2'],
    ['an empty entry', '10.0.0.1', ['198.51.100.1,, 10.0.0.2'], '10.0.0.2'],
    ['nothing at all', '10.0.0.1', [], '10.0.0.1'],
    ['a port', '10.0.0.1', ['198.51.100.1:4711'], '198.51.100.1'],
    ['IPv6', '10.0.0.1', ['2001:db8::1'], '2001:db8::1'],
    ['IPv6 with a port', '10.0.0.1', ['[2001:db8::1]:4711'], '2001:db8::1'],
    ['IPv4 in IPv6', '::ffff:10.0.0.1', ['::ffff:198.51.100.1'], '198.51.100.1'],
    ['a proxy with IPv6', 'fd00::1', ['198.51.100.1'], '198.51.100.1'],
    ['an odd spelling of an address', '10.0.0.1', ['0x7f.1'], '10.0.0.1'],
    ['an address of one number', '10.0.0.1', ['2130706433'], '10.0.0.1'],
  ])('%s', (_what, remote, headers, expected) => {
    expect(from(remote, headers, TRUSTED)).toBe(expected);
  });

  it('agrees with a plain reading of any list', () => {
    const hop = fc.constantFrom('10.0.0.1', '10.2.3.4', '203.0.113.1', '203.0.113.2', 'x', '');
    fc.assert(
      fc.property(
        hop.filter((text) => text.includes('.')),
        fc.array(fc.array(hop, { minLength: 1 })),
        (remote, lines) => {
          const chain = [...lines.flat(), remote];
          const isProxy = (text: string): boolean => text.startsWith('10.');
          // From the right: everything up to the first that is no proxy, or no address.
          const walk = chain.toReversed();
          const end = walk.findIndex((text, i) => !text.includes('.') || (i > 0 && !isProxy(walk[i - 1] ?? '')));
          const seen = end === -1 ? walk : walk.slice(0, end);
          expect(
            from(
              remote,
              lines.map((line) => line.join(', ')),
              TRUSTED,
            ),
          ).toBe(seen.at(-1));
        },
      ),
    );
  });

  it('without trusted proxies is that of the connection', () => {
    expect(from('::ffff:203.0.113.9', ['198.51.100.1'], [])).toBe('203.0.113.9');
  });

  it('counts hosts with IPv6 by their /64', () => {
    expect(clientKeyOf('2001:db8:1:2:3::4')).toBe(clientKeyOf('2001:db8:1:2:ffff::1'));
    expect(clientKeyOf('2001:db8:1:2::1')).not.toBe(clientKeyOf('2001:db8:1:3::1'));
    expect(clientKeyOf('203.0.113.1')).not.toBe(clientKeyOf('203.0.113.2'));
  });
});
