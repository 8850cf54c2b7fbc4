import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroup, aProject, codeOf, done, groupOp, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let id: string;
const IMPORT = groupOp('importSecretGroupVariables', 'variables { name value }');

beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  ({ id } = await aGroup(app, { variables: [{ name: 'A', value: '1' }] }));
});
afterAll(() => app.close());

const imported = async (text: string, format: 'DOTENV' | 'JSON', mode?: 'MERGE' | 'REPLACE') => {
  const { secretGroup } = await done(app, IMPORT, { id, source: { text, format }, ...(mode ? { mode } : {}) });
  return Object.fromEntries(
    secretGroup.variables.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
};

describe('importSecretGroupVariables', () => {
  it('merges a .env file as people have them, and replaces by JSON', async () => {
    const text = '\ufeff# mine\r\nexport B="x\\ny"\r\nC=\'$(id) ${A}\' # three\r\n';
    expect(await imported(text, 'DOTENV')).toEqual({ A: '1', B: 'x\ny', C: '$(id) ${A}' });
    expect(await imported('{"C": "3", "D": "4"}', 'JSON', 'MERGE')).toEqual({ A: '1', B: 'x\ny', C: '3', D: '4' });
    expect(await imported('{"D": "5"}', 'JSON', 'REPLACE')).toEqual({ D: '5' });
  });

  it.each([
    ['DOTENV', 'A=1\nB="hidden\n', 'line 2 opens a quote'],
    ['DOTENV', 'hidden', 'line 1 has no "="'],
    ['JSON', '{"A": hidden}', 'line 1 is no JSON object'],
    ['JSON', '{"A": 1}', 'values are in quotes'],
    ['JSON', '{"": "hidden"}', 'name'],
  ])('%s %#: is refused as a whole, by its line, and says no value', async (format, text, words) => {
    const result = await run(app, IMPORT, { id, source: { text, format } });
    const told = JSON.stringify(result);
    expect(codeOf(result)).toBe('INVALID_INPUT');
    expect(told).toContain(JSON.stringify(words).slice(1, -1));
    expect(told).not.toContain('hidden');
  });

  it('asks before names that change what a process executes', async () => {
    const source = { text: 'LD_PRELOAD=x', format: 'DOTENV' };
    expect(codeOf(await run(app, IMPORT, { id, source }))).toBe('INVALID_INPUT');
    await done(app, IMPORT, { id, source, allowDangerousNames: true });
  });
});
