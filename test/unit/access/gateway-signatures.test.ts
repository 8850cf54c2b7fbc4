import { describe, expect, it } from 'vitest';
import { createSignatures, type Signable, signatureFor } from '../../../src/access/gateway-signatures.ts';

const NOW = 1_700_000_000;
const SECRET = 'klmsig_secret';
const REQUEST: Signable = {
  method: 'POST',
  target: '/federation',
  body: Buffer.from('{"query":"{ viewer { id } }"}'),
  authorization: 'Bearer klm_u_one',
};
const LIMITS = { signatureWindowMs: 60_000, signaturesRemembered: 3 };

function atClock(start = NOW) {
  let now = start * 1_000;
  const signatures = createSignatures(() => new Date(now), LIMITS);
  const codeOf = (header: string | undefined, request = REQUEST, secret = SECRET): string => {
    try {
      signatures.check(secret, header, request);
      return 'OK';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const wait = (seconds: number): void => {
    now += seconds * 1_000;
  };
  return { codeOf, wait };
}

describe('signatures of gateways (case 223)', () => {
  it('are taken once', () => {
    const { codeOf } = atClock();
    const header = signatureFor(SECRET, REQUEST, NOW, 'a');
    expect([codeOf(header), codeOf(header)]).toEqual(['OK', 'UNAUTHENTICATED']);
  });

  it.each([
    ['method', { method: 'GET' }],
    ['path', { target: '/graphql' }],
    ['query string', { target: '/federation?query=x' }],
    ['body', { body: Buffer.from('{}') }],
    ['authorization', { authorization: 'Bearer klm_u_two' }],
  ])('hold for one %s', (_what, over) => {
    const { codeOf } = atClock();
    expect(codeOf(signatureFor(SECRET, REQUEST, NOW, 'a'), { ...REQUEST, ...over })).toBe('UNAUTHENTICATED');
  });

  it('hold for one secret, one time and one nonce', () => {
    const { codeOf } = atClock();
    const header = signatureFor(SECRET, REQUEST, NOW, 'a');
    expect(codeOf(header, REQUEST, 'klmsig_other')).toBe('UNAUTHENTICATED');
    expect(codeOf(header.replace(`t=${NOW}`, `t=${NOW + 1}`))).toBe('UNAUTHENTICATED');
    expect(codeOf(header.replace('n=a', 'n=b'))).toBe('UNAUTHENTICATED');
    expect(codeOf(header)).toBe('OK');
  });

  it.each([-61, 61])('are refused %i seconds from now', (seconds) => {
    const { codeOf } = atClock();
    expect(codeOf(signatureFor(SECRET, REQUEST, NOW + seconds, 'a'))).toBe('UNAUTHENTICATED');
    expect(codeOf(signatureFor(SECRET, REQUEST, NOW + Math.sign(seconds) * 59, 'a'))).toBe('OK');
  });

  it.each([undefined, '', 'v1=00', 't=1,n=a,v1=zz', 't=-1,n=a,v1=00'])('are needed in their form: %s', (header) => {
    expect(atClock().codeOf(header)).toBe('UNAUTHENTICATED');
  });

  it('are remembered as long as they could be used again', () => {
    const { codeOf, wait } = atClock();
    // From a clock that is ahead: good until this one is past it.
    const header = signatureFor(SECRET, REQUEST, NOW + 59, 'a');
    expect(codeOf(header)).toBe('OK');
    for (let i = 0; i < 13; i += 1) {
      wait(10);
      expect(codeOf(header)).toBe('UNAUTHENTICATED');
    }
  });

  it('are refused when no more can be remembered, and taken again later', () => {
    const { codeOf, wait } = atClock();
    const signed = (nonce: string, time = NOW) => codeOf(signatureFor(SECRET, REQUEST, time, nonce));
    expect(['a', 'b', 'c', 'd'].map((nonce) => signed(nonce))).toEqual(['OK', 'OK', 'OK', 'RATE_LIMITED']);
    wait(121);
    expect(signed('e', NOW + 121)).toBe('OK');
  });
});
