import { describe, expect, it } from 'vitest';
import { allowedOf } from '../../../src/net/allowed.ts';
import { isPermitted } from '../../../src/net/guarded-fetch.ts';
import { isPrivateAddress } from '../../../src/net/private-address.ts';
import { createReach } from '../../../src/net/reach.ts';

/** IANA's registries of special-purpose addresses, and what else is none of the public internet. https://www.iana.org/assignments/iana-ipv4-special-registry */
const SPECIAL: readonly (readonly [string, string, string])[] = [
  ['0.0.0.0/8', '0.0.0.0', '0.255.255.255'],
  ['0.0.0.0/32', '0.0.0.0', '0.0.0.0'],
  ['10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
  ['100.64.0.0/10', '100.64.0.0', '100.127.255.255'],
  ['127.0.0.0/8', '127.0.0.0', '127.255.255.255'],
  ['169.254.0.0/16', '169.254.0.0', '169.254.255.255'],
  ['172.16.0.0/12', '172.16.0.0', '172.31.255.255'],
  ['192.0.0.0/24', '192.0.0.0', '192.0.0.255'],
  ['192.0.0.0/29', '192.0.0.0', '192.0.0.7'],
  ['192.0.0.8/32', '192.0.0.8', '192.0.0.8'],
  ['192.0.0.9/32', '192.0.0.9', '192.0.0.9'],
  ['192.0.0.10/32', '192.0.0.10', '192.0.0.10'],
  ['192.0.0.170/31', '192.0.0.170', '192.0.0.171'],
  ['192.0.2.0/24', '192.0.2.0', '192.0.2.255'],
  ['192.31.196.0/24', '192.31.196.0', '192.31.196.255'],
  ['192.52.193.0/24', '192.52.193.0', '192.52.193.255'],
  ['192.88.99.0/24', '192.88.99.0', '192.88.99.255'],
  ['192.88.99.2/32', '192.88.99.2', '192.88.99.2'],
  ['192.168.0.0/16', '192.168.0.0', '192.168.255.255'],
  ['192.175.48.0/24', '192.175.48.0', '192.175.48.255'],
  ['198.18.0.0/15', '198.18.0.0', '198.19.255.255'],
  ['198.51.100.0/24', '198.51.100.0', '198.51.100.255'],
  ['203.0.113.0/24', '203.0.113.0', '203.0.113.255'],
  ['224.0.0.0/4 (multicast)', '224.0.0.0', '239.255.255.255'],
  ['240.0.0.0/4', '240.0.0.0', '255.255.255.254'],
  ['255.255.255.255/32', '255.255.255.255', '255.255.255.255'],
  ['::1/128', '::1', '::1'],
  ['::/128', '::', '::'],
  ['::ffff:0:0/96', '::ffff:0.0.0.0', '::ffff:255.255.255.255'],
  ['64:ff9b::/96', '64:ff9b::', '64:ff9b::ffff:ffff'],
  ['64:ff9b:1::/48', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['100::/64', '100::', '100::ffff:ffff:ffff:ffff'],
  ['100:0:0:1::/64', '100:0:0:1::', '100:0:0:1:ffff:ffff:ffff:ffff'],
  ['2001::/23', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001::/32', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:1::1/128', '2001:1::1', '2001:1::1'],
  ['2001:1::2/128', '2001:1::2', '2001:1::2'],
  ['2001:1::3/128', '2001:1::3', '2001:1::3'],
  ['2001:2::/48', '2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff'],
  ['2001:3::/32', '2001:3::', '2001:3:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:4:112::/48', '2001:4:112::', '2001:4:112:ffff:ffff:ffff:ffff:ffff'],
  ['2001:10::/28', '2001:10::', '2001:1f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:20::/28', '2001:20::', '2001:2f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:30::/28', '2001:30::', '2001:3f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::/32', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::/16', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2620:4f:8000::/48', '2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::/20', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['5f00::/16', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fc00::/7', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::/10', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fec0::/10 (site local)', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['ff00::/8 (multicast)', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];
const PUBLIC = ['1.1.1.1', '192.31.195.255', '192.31.197.0', '192.52.192.255', '192.52.194.0', '192.175.47.255'];
const PUBLIC_6 = ['192.175.49.0', '192.0.1.1', '2620:4f:7fff::1', '2620:4f:8001::1', '2001:200::1', '2a00:1450::1'];

describe('case 167: addresses that are none of the public internet', () => {
  it.each(SPECIAL)('%s', (_net, first, last) => {
    expect([isPrivateAddress(first), isPrivateAddress(last)]).toEqual([true, true]);
  });
  it.each([...PUBLIC, ...PUBLIC_6])('%s is public', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});

describe('what the operator allows', () => {
  const asked = (entry: string, host: string, port: number) => createReach([entry]).isNamed(host, port);
  it.each([
    ['db', 'db', 443, true],
    ['db', 'db', 5432, false],
    ['db', 'db', 80, false],
    ['DB.example.com', 'db.example.com.', 443, true],
    ['db:5432', 'db', 5432, true],
    ['db:5432', 'db', 443, false],
    ['db:*', 'db', 1, true],
    ['db:*', 'other', 1, false],
    ['127.0.0.1', '127.0.0.1', 443, true],
    ['127.0.0.1:8200', '127.0.0.1', 8200, true],
    ['[::1]', '::1', 443, true],
    ['[::1]', '[::1]', 8200, false],
    ['[::1]:8200', '[::1]', 8200, true],
    ['[::1]:*', '::1', 9, true],
  ])('%s names %s at port %i: %s', (entry, host, port, isNamed) => {
    expect(asked(entry, host, port)).toBe(isNamed);
  });

  it.each([
    ['10.0.0.0/8', '10.1.2.3', 1, true],
    ['10.0.0.0/8:*', '10.1.2.3', 1, true],
    ['10.0.0.0/8:5432', '10.1.2.3', 5432, true],
    ['10.0.0.0/8:5432', '10.1.2.3', 5433, false],
    ['10.0.0.0/8', '11.1.2.3', 1, true],
    ['10.0.0.0/8', '192.168.0.1', 1, false],
    ['fd00::/8', 'fd00::1', 1, true],
    ['[fd00::/8]:5432', 'fd00::1', 5432, true],
    ['[fd00::/8]:5432', 'fd00::1', 1, false],
    ['[fd00::]/8:5432', 'fd00::1', 5432, true],
    ['[fd00::]/8', 'fd00::1', 1, true],
    ['192.31.196.0/24', '192.31.196.7', 443, true],
    ['db', '10.0.0.1', 443, false],
  ])('%s opens %s at port %i: %s', (entry, address, port, isOpen) => {
    expect(createReach([entry]).isOpen(address, port)).toBe(isOpen);
  });

  it.each([
    '',
    'a/b',
    'a b',
    'db:0',
    'db:65536',
    'db:',
    '::1',
    '[::1',
    '[1.2.3.4]',
    '10.0.0.0/33',
    'db/8',
    '[fd00::/8]/8',
  ])('%j is no entry', (entry) => {
    expect(allowedOf(entry)).toBeNull();
    expect(() => createReach([entry])).toThrow();
  });

  it('hosts without a port are known', () => {
    expect(createReach(['db', 'b:1', 'c:*', '10.0.0.0/8', '[::1]']).bareHosts).toEqual(['db', '::1']);
  });

  it.each([
    ['https://localhost/', [], false],
    ['https://a.localhost/', [], false],
    ['https://localhost/', ['127.0.0.0/8'], true],
    ['https://localhost/', ['localhost'], true],
    ['http://localhost/', ['localhost'], false],
    ['http://localhost/', ['localhost:80'], true],
    ['https://localhost.example.com/', [], true],
    ['https://metadata.google.internal/', [], false],
    ['https://metadata.google.internal./', [], false],
  ])('%s with %j: %s', (url, entries, isAllowed) => {
    expect(isPermitted(url, createReach(entries))).toBe(isAllowed);
  });
});
