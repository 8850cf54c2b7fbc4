import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fingerprintOf, privatePem, publicLine, type SshKey } from '../../../src/crypto/openssh.ts';
import { sshKeyPair } from '../../../src/crypto/ssh-key-pair.ts';
import { isInstalled } from '../../support/certificates.ts';

const dir = mkdtempSync(join(tmpdir(), 'keyloom-ssh-'));
afterAll(() => rmSync(dir, { recursive: true }));
const needsKeygen = it.skipIf(!isInstalled('ssh-keygen'));

function keygen(privateKey: string, ...args: readonly string[]): string {
  const file = join(dir, 'key');
  writeFileSync(file, privateKey, { mode: 0o600 });
  return execFileSync('ssh-keygen', [...args, '-f', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

type Algorithm = Parameters<typeof sshKeyPair>[0];
const drawn = new Map<string, ReturnType<typeof sshKeyPair>>();
/** Drawn by the first test that asks: RSA takes half a second of processor time. */
function onePair(algorithm: Algorithm, comment: string): ReturnType<typeof sshKeyPair> {
  const name = `${algorithm} ${comment}`;
  const pair = drawn.get(name) ?? sshKeyPair(algorithm, comment);
  drawn.set(name, pair);
  return pair;
}

describe('a new SSH key pair', () => {
  needsKeygen.each([
    ['ed25519', 'ops@example', '256', 'ED25519'],
    ['ed25519', '', '256', 'ED25519'],
    ['ed25519', 'Zoë und Jürgen', '256', 'ED25519'],
    ['rsa-3072', 'deploy key', '3072', 'RSA'],
    ['rsa-4096', 'x'.repeat(200), '4096', 'RSA'],
  ] as const)(
    'of %s with the comment "%s" is what ssh-keygen takes for one',
    async (algorithm, comment, bits, name) => {
      const pair = await onePair(algorithm, comment);
      expect(keygen(pair.privateKey, '-y')).toBe(`${pair.publicKey}\n`);
      const shown = keygen(pair.privateKey, '-l');
      expect(shown.split(' ').slice(0, 2)).toEqual([bits, pair.fingerprint]);
      expect(shown).toContain(`(${name})`);
      expect(pair.publicKey.split(' ').slice(2).join(' ')).toBe(comment);
    },
  );

  needsKeygen('signs with the key that its public line names', async () => {
    for (const algorithm of ['ed25519', 'rsa-3072'] as const) {
      const { privateKey, publicKey } = await onePair(algorithm, 'deploy key');
      const message = join(dir, 'message');
      writeFileSync(message, 'signed');
      writeFileSync(join(dir, 'allowed'), `me ${publicKey}\n`);
      writeFileSync(join(dir, 'key'), privateKey, { mode: 0o600 });
      rmSync(`${message}.sig`, { force: true });
      execFileSync('ssh-keygen', ['-Y', 'sign', '-n', 'file', '-f', join(dir, 'key'), message], { stdio: 'pipe' });
      const check = ['-Y', 'verify', '-n', 'file', '-I', 'me', '-f', join(dir, 'allowed'), '-s', `${message}.sig`];
      const said = execFileSync('ssh-keygen', check, { input: 'signed', encoding: 'utf8' });
      expect(said).toContain('Good "file" signature for me');
    }
  });

  it('is another each time', async () => {
    const pairs = await Promise.all([1, 2, 3].map(() => sshKeyPair('ed25519', 'same')));
    expect(new Set(pairs.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  });

  it.each([
    ['a line feed', 'a\nssh-rsa AAAA'],
    ['a carriage return', 'a\rb'],
    ['a NUL', 'a\0b'],
    ['a line separator', 'a\u2028b'],
    ['half a surrogate pair', 'a\ud800'],
    ['a space at its end', 'a '],
    ['201 characters', 'x'.repeat(201)],
  ])('is refused a comment with %s, which the message does not repeat', async (_what, comment) => {
    const error = await sshKeyPair('ed25519', comment).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_INPUT', details: { fields: [{ path: ['comment'] }] } });
    expect((error as Error).message).not.toContain(comment);
  });
});

/** The key of RFC 8032, 7.1, test 1. */
const RFC_8032: SshKey = {
  type: 'ssh-ed25519',
  seed: Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex'),
  publicKey: Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex'),
};

describe('the OpenSSH format', () => {
  it('of a known key has the bytes that the documents say', () => {
    const pem = privatePem(RFC_8032, 'c', Buffer.from('01020304', 'hex'));
    const body = Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
    const blob = `0000000b${Buffer.from('ssh-ed25519').toString('hex')}00000020${hexOf(RFC_8032, 'publicKey')}`;
    const none = `00000004${Buffer.from('none').toString('hex')}`;
    const secret = `00000040${hexOf(RFC_8032, 'seed')}${hexOf(RFC_8032, 'publicKey')}`;
    const inner = `0102030401020304${blob}${secret}0000000163`;
    const padded = `${inner}${'01020304050607'.slice(0, (8 - ((inner.length / 2) % 8)) * 2)}`;
    const outer = `${none}${none}0000000000000001${'00000033'}${blob}${u32(padded.length / 2)}${padded}`;
    expect(body.toString('hex')).toBe(`${Buffer.from('openssh-key-v1\0').toString('hex')}${outer}`);
    expect(pem.split('\n').every((line) => line.length <= 70)).toBe(true);
  });

  it('of a number with its first bit set has a zero before it', () => {
    const numbers = { n: '00ff', e: '010001', d: '7f', p: '80', q: '01', qi: '0001' };
    const of = (text: string) => Buffer.from(text, 'hex');
    const { n, e, d, p, q, qi } = numbers;
    const key: SshKey = { type: 'ssh-rsa', numbers: { n: of(n), e: of(e), d: of(d), p: of(p), q: of(q), qi: of(qi) } };
    const [, blob = ''] = publicLine(key, '').split(' ');
    expect(Buffer.from(blob, 'base64').toString('hex')).toBe('000000077373682d72736100000003010001' + '0000000200ff');
    expect(fingerprintOf(key)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  needsKeygen('of a known key is what ssh-keygen takes for it', () => {
    expect(keygen(privatePem(RFC_8032, '', Buffer.alloc(4)), '-y')).toBe(`${publicLine(RFC_8032, '')}\n`);
  });
});

const hexOf = (key: SshKey, part: 'seed' | 'publicKey'): string =>
  key.type === 'ssh-ed25519' ? Buffer.from(key[part]).toString('hex') : '';
const u32 = (value: number): string => value.toString(16).padStart(8, '0');
