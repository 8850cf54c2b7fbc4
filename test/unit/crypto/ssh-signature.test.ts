import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSshPublicKey, isSshSigned } from '../../../src/crypto/ssh-signature.ts';

/** Keys and signatures that `ssh-keygen` made. */
const dir = mkdtempSync(join(tmpdir(), 'keyloom-ssh-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const keygen = (args: readonly string[], input?: string): string =>
  execFileSync('ssh-keygen', args, { cwd: dir, encoding: 'utf8', stdio: 'pipe', ...(input ? { input } : {}) });

const MESSAGE = 'what is signed\n';
const KINDS = [
  ['ed25519', ['-t', 'ed25519']],
  ['p256', ['-t', 'ecdsa', '-b', '256']],
  ['p384', ['-t', 'ecdsa', '-b', '384']],
  ['p521', ['-t', 'ecdsa', '-b', '521']],
  ['rsa', ['-t', 'rsa', '-b', '2048']],
] as const;
const lines = new Map<string, string>();
beforeAll(() => {
  for (const [name, args] of [...KINDS, ['other', ['-t', 'ed25519']], ['weak', ['-t', 'rsa', '-b', '1024']]] as const) {
    keygen(['-q', '-N', '', '-C', `${name} key`, '-f', name, ...args]);
    lines.set(name, readFileSync(join(dir, `${name}.pub`), 'utf8').trim());
  }
});
const lineOf = (name: string): string => lines.get(name) ?? '';
const sign = (name: string, options: readonly string[] = [], purpose = 'git'): string =>
  keygen(['-Y', 'sign', '-f', name, '-n', purpose, ...options], MESSAGE);
const message = Buffer.from(MESSAGE);

describe.each(KINDS)('a signature by %s', (name) => {
  it.each([[[]], [['-O', 'hashalg=sha256']]])('counts for its key, message and purpose alone %j', (options) => {
    const armored = sign(name, options);
    expect(isSshSigned(message, armored, 'git', [lineOf('other'), lineOf(name)])).toBe(true);
    expect(isSshSigned(message, armored, 'git', [lineOf('other')])).toBe(false);
    expect(isSshSigned(message, armored, 'git', [])).toBe(false);
    expect(isSshSigned(message, armored, 'file', [lineOf(name)])).toBe(false);
    expect(isSshSigned(Buffer.from('what is signed'), armored, 'git', [lineOf(name)])).toBe(false);
  });

  it('counts for nothing with any byte changed, or cut off', () => {
    const [, body = ''] = /BEGIN SSH SIGNATURE-----\n([^-]*)-----END/.exec(sign(name)) ?? [];
    const bytes = Buffer.from(body, 'base64');
    const armored = (changed: Uint8Array): string =>
      `-----BEGIN SSH SIGNATURE-----\n${Buffer.from(changed).toString('base64')}\n-----END SSH SIGNATURE-----`;
    expect(isSshSigned(message, armored(bytes), 'git', [lineOf(name)])).toBe(true);
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = bytes.map((byte, i) => (i === at ? byte ^ 0x01 : byte));
      expect(isSshSigned(message, armored(changed), 'git', [lineOf(name)]), `byte ${at}`).toBe(false);
      expect(isSshSigned(message, armored(bytes.subarray(0, at)), 'git', [lineOf(name)])).toBe(false);
    }
    expect(isSshSigned(message, armored(Buffer.concat([bytes, Buffer.of(0)])), 'git', [lineOf(name)])).toBe(false);
  });

  it('comes from a key in a line', () => {
    expect(isSshPublicKey(lineOf(name))).toBe(true);
    expect(isSshPublicKey(lineOf(name).split(' ', 2).join(' '))).toBe(true);
  });
});

it.each<[string, () => string]>([
  ['nothing', () => ''],
  ['a weak key', () => lineOf('weak')],
  ['a private key', () => readFileSync(join(dir, 'ed25519'), 'utf8')],
  ['two lines', () => `${lineOf('ed25519')}\n${lineOf('other')}`],
  ['options before the key', () => `restrict ${lineOf('ed25519')}`],
  ['another type than the key has', () => lineOf('ed25519').replace('ssh-ed25519', 'ssh-rsa')],
  ['half a key', () => lineOf('rsa').slice(0, 100)],
  ['a key and more', () => `ssh-ed25519 ${lineOf('ed25519').split(' ')[1]}AAAA`],
  ['a DSA key', () => 'ssh-dss AAAAB3NzaC1kc3MAAACBAP'],
  ['a megabyte', () => `ssh-rsa ${'A'.repeat(1_000_000)}`],
])('a line that is refused: %s', (_what, line) => {
  expect(isSshPublicKey(line())).toBe(false);
});

it('no armor is a signature of nothing', () => {
  for (const armored of ['', '-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----', 'x'.repeat(1_000_000)]) {
    expect(isSshSigned(message, armored, 'git', [lineOf('ed25519')])).toBe(false);
  }
});
