import { describe, expect, it } from 'vitest';
import { isNetwork, isWithin } from '../../../src/access/networks.ts';

describe('networks of gateways', () => {
  it.each(['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'])('%s is one', (text) => {
    expect(isNetwork(text)).toBe(true);
  });

  it.each(['', '10.0.0', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/', '10.0.0.0/8/8', 'host', '0x7f.1', '10.0.0.0/-1'])(
    '%s is none',
    (text) => {
      expect(isNetwork(text)).toBe(false);
    },
  );

  it.each([
    ['10.1.2.3', ['10.0.0.0/8'], true],
    ['11.1.2.3', ['10.0.0.0/8'], false],
    ['11.1.2.3', ['10.0.0.0/8', '11.1.2.3'], true],
    ['fd00::7', ['fd00::/8'], true],
    ['fe00::7', ['fd00::/8'], false],
    ['10.1.2.3', ['fd00::/8'], false],
    ['', ['0.0.0.0/0', '::/0'], false],
    ['somewhere', ['0.0.0.0/0'], false],
  ])('%s in %j: %s', (address, networks, expected) => {
    expect(isWithin(address, networks)).toBe(expected);
  });
});
