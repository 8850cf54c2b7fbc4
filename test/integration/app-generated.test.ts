import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApp, aSecret, renderedTexts, secretIdOf, VALUE_FIELDS, valueOp } from '../support/apps.ts';
import { codeOf, done, refusals, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await anApp(app);
  await aSecret(app);
});
afterAll(() => app.close());

const GENERATE = valueOp(
  'generateAppSecretValue',
  `appSecretValue { ${VALUE_FIELDS} } entropyBits publicKey fingerprint`,
);
const input = (over: object) => ({ id: secretIdOf('api-key'), environment: 'dev', hidden: false, ...over });
const generate = (over: object) => done(app, GENERATE, input(over));

describe('a generated value', () => {
  it('is a password of the recipe, with its entropy', async () => {
    const made = await generate({ password: { length: 24 } });
    const { text } = made.appSecretValue;
    expect(text).toHaveLength(24);
    for (const characters of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]) expect(text).toMatch(characters);
    expect(made).toMatchObject({ publicKey: null, fingerprint: null });
    expect(made.entropyBits).toBeGreaterThan(156);
    expect(made.entropyBits).toBeLessThan(24 * Math.log2(94));
    const digits = await generate({ password: { length: 8, classes: ['DIGITS'], excludeAmbiguous: true } });
    expect(digits.appSecretValue.text).toMatch(/^[2-9]{8}$/);
    expect(digits.entropyBits).toBe(24);
    expect(await renderedTexts(app)).toEqual({ API_KEY: digits.appSecretValue.text });
  });

  it('is an API key, another one each time', async () => {
    const keys = new Set<string>();
    for (let i = 0; i < 5; i += 1) {
      const made = await generate({ apiKey: { prefix: 'sk_live_', bytes: 32 } });
      expect(made.appSecretValue.text).toMatch(/^sk_live_[A-Za-z0-9_-]{43}$/);
      expect(made.entropyBits).toBe(256);
      keys.add(made.appSecretValue.text);
    }
    expect(keys.size).toBe(5);
  });

  it('that is hidden is seen by nobody who asks for it', async () => {
    const made = await generate({ hidden: true, apiKey: { bytes: 16 } });
    expect(made.appSecretValue).toMatchObject({ text: null, masked: true, hidden: true, isSet: true });
    expect((await renderedTexts(app)).API_KEY).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  it.each([
    ['ED25519', 256, 'ED25519'],
    ['RSA_3072', 3072, 'RSA'],
  ] as const)('is an SSH key pair that OpenSSH takes: %s', async (algorithm, bits, name) => {
    const dir = mkdtempSync(join(tmpdir(), 'keyloom-ssh-'));
    try {
      const made = await generate({ sshKeyPair: { algorithm, comment: 'deploy@example app' } });
      const { text } = made.appSecretValue;
      const file = join(dir, 'key');
      writeFileSync(file, text, { mode: 0o600 });
      writeFileSync(`${file}.pub`, `${made.publicKey}\n`);
      const keygen = (...args: string[]) => execFileSync('ssh-keygen', args, { encoding: 'utf8' }).trim();
      const described = `${bits} ${made.fingerprint} deploy@example app (${name})`;
      expect(keygen('-l', '-f', file)).toBe(described);
      expect(keygen('-l', '-f', `${file}.pub`)).toBe(described);
      expect(keygen('-y', '-P', '', '-f', file).split(' ').slice(0, 2)).toEqual(made.publicKey.split(' ').slice(0, 2));
      expect(made.entropyBits).toBeNull();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it.each([
    [{}, [' exclusive']],
    [{ password: { length: 8 }, apiKey: { bytes: 32 } }, [' exclusive']],
    [{ password: { length: 7 } }, ['password.length min']],
    [{ password: { length: 257, classes: [] } }, ['password.classes min', 'password.length max']],
    [{ password: { length: 20, classes: ['LOWER', 'LOWER'] } }, ['password.classes.1 unique']],
    [{ apiKey: { prefix: 'a b', bytes: 15 } }, ['apiKey.bytes min', 'apiKey.prefix pattern']],
    [{ apiKey: { bytes: 257 } }, ['apiKey.bytes max']],
    [{ sshKeyPair: { algorithm: 'ED25519', comment: 'a\nb' } }, ['sshKeyPair.comment pattern']],
    [{ sshKeyPair: { algorithm: 'DSA' } }, ['BAD_REQUEST']],
  ])('is refused for %j', async (over, expected) => {
    expect(await refusals(app, GENERATE, input(over))).toEqual(expected);
  });

  it('obeys the revision and the limits of values', async () => {
    const stale = await run(app, GENERATE, input({ apiKey: { bytes: 32 }, expectedRevision: 1 }));
    expect(codeOf(stale)).toBe('CONFLICT');
    const small = await startApp({ limits: { appSecretValueBytes: 16 } });
    await anApp(small);
    await aSecret(small);
    expect(codeOf(await run(small, GENERATE, input({ apiKey: { bytes: 32 } })))).toBe('LIMIT_EXCEEDED');
    await small.close();
  });
});
