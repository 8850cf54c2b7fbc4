import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app/app.ts';
import { readConfig } from '../../src/app/config.ts';
import { createRootKeyFile } from '../../src/crypto/root-key.ts';
import { isAppError } from '../../src/kernel/errors.ts';
import { silentLog } from '../../src/kernel/log.ts';

type Environment = Record<string, string>;

let dir: string;
let data: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyloom-start-'));
  data = join(dir, 'data');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** What was printed on the terminal. */
let printed: string[] = [];
const terminal = async (line: string): Promise<void> => void printed.push(line);

const start = (env: Environment) =>
  createApp({ config: readConfig({ KEYLOOM_PORT: '0', KEYLOOM_DATA: data, ...env }), log: silentLog, terminal });

/** Starts, stops, and answers what the operator was told. */
async function started(env: Environment): Promise<readonly string[]> {
  printed = [];
  const app = await start(env);
  await app.listen();
  await app.close();
  return [...printed, ...app.announcements];
}

async function refusal(env: Environment): Promise<string> {
  try {
    return `started: ${await started(env)}`;
  } catch (error) {
    if (isAppError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const filesOf = (at: string): readonly string[] =>
  readdirSync(at, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(at, name)).isFile())
    .sort();

/** Bytes of every file but the engine's table of readers, which is no data. */
const contents = (): ReadonlyMap<string, string> =>
  new Map(
    filesOf(data)
      .filter((name) => !name.endsWith('-lock'))
      .map((name) => [name, readFileSync(join(data, name)).toString('base64')]),
  );

async function aKey(name: string): Promise<string> {
  const file = join(dir, name);
  await createRootKeyFile(file);
  return file;
}

describe('case 113: the wrong root key', () => {
  it.each(['KEYLOOM_ROOT_KEY_FILE', 'KEYLOOM_ROOT_KEY'])(
    'by %s: refused in clear words, nothing written',
    async (way) => {
      const given = (file: string): Environment => ({
        [way]: way === 'KEYLOOM_ROOT_KEY' ? readFileSync(file, 'utf8').trim() : file,
      });
      const right = given(await aKey('right'));
      expect(await started(right)).toHaveLength(1);
      const before = contents();
      expect(before.size).toBeGreaterThan(0);
      const refused = await refusal(given(await aKey('wrong')));
      expect(refused).toBe('UNAVAILABLE: Wrong root key: the data in this store was sealed under another one');
      expect(contents()).toEqual(before);
      // The right one still opens it, and makes no second owner.
      expect(await started(right)).toEqual([]);
    },
  );
});

describe('case 114: no root key', () => {
  const development = { KEYLOOM_DEVELOPMENT: 'true' };

  it('with data: never a new one, nothing written', async () => {
    const [key, owner] = await started(development);
    expect(key).toMatch(/^Development: a root key was made in /);
    expect(owner).toMatch(/^Owner token .*: klm_u_/);
    const own = join(data, 'root.key');
    expect(statSync(own).mode & 0o777).toBe(0o600);
    rmSync(own);
    const before = contents();
    expect(await refusal(development)).toBe(`UNAVAILABLE: The store holds data, but its root key ${own} is missing`);
    expect(contents()).toEqual(before);
  });

  it('in production: refused, whether there is data or not', async () => {
    const words = 'UNAVAILABLE: A root key is needed: set KEYLOOM_ROOT_KEY_FILE or KEYLOOM_ROOT_KEY';
    expect(await refusal({})).toBe(words);
    expect(existsSync(data)).toBe(false);
    await started(development);
    const before = contents();
    expect(await refusal({})).toBe(words);
    expect(contents()).toEqual(before);
  });

  it.each([
    ['is empty', (file: string) => writeFileSync(file, '')],
    ['is cut short', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 30))],
    ['others may read', (file: string) => chmodSync(file, 0o644)],
    ['is gone', (file: string) => rmSync(file)],
  ] as const)('a key file that %s: refused, nothing written', async (_what, spoil) => {
    const file = await aKey('root');
    const text = readFileSync(file, 'utf8').trim();
    await started({ KEYLOOM_ROOT_KEY_FILE: file });
    const before = contents();
    spoil(file);
    const refused = await refusal({ KEYLOOM_ROOT_KEY_FILE: file });
    expect(refused).toMatch(/^(UNAVAILABLE|INVALID_INPUT): /);
    expect(refused).not.toContain(text.slice(9, 20));
    expect(contents()).toEqual(before);
  });
});
