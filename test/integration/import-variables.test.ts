import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroup, aProject, codeOf, done, groupOp, operation, run } from '../support/makers.ts';
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
    ['JSON', '{"B": "x", "": "hidden"}', 'source.text: variable 2: name must'],
    ['JSON', '{"A": "hidden\\u0000"}', 'source.text: variable 1: value contains a NUL character'],
    ['DOTENV', 'A=1\nB=hidden\u0000\n', 'source.text: line 2: value contains a NUL character'],
  ])('%s %#: is refused as a whole, by its line, and says no value', async (format, text, words) => {
    const result = await run(app, IMPORT, { id, source: { text, format } });
    const told = JSON.stringify(result);
    expect(codeOf(result)).toBe('INVALID_INPUT');
    expect(told).toContain(JSON.stringify(words).slice(1, -1));
    expect(told).not.toContain('hidden');
  });

  it('asks before names that change what a process executes', async () => {
    const source = { text: 'LD_PRELOAD=x', format: 'DOTENV' };
    expect((await run(app, IMPORT, { id, source })).message).toMatch(/^source\.text: LD_PRELOAD changes what else/);
    await done(app, IMPORT, { id, source, allowDangerousNames: true });
  });
});

describe('previewSecretGroupImport', () => {
  const PREVIEW = `mutation ($input: PreviewSecretGroupImportInput!) { result: previewSecretGroupImport(input: $input) {
    __typename ... on PreviewSecretGroupImportPayload {
      secretGroup { revision } names { added removed changed } unchanged } ... on Error { code message } } }`;
  const text = '\ufeffA=1\nB=hidden\nC=3\n';
  const source = { text, format: 'DOTENV' };

  let targets = 0;
  async function aTarget(name: string): Promise<string> {
    const variables = ['A', 'B', 'D'].map((each) => ({ name: each, value: '1' }));
    return (await aGroup(app, { name, variables })).id;
  }

  it('tells by names what the import does, and changes nothing', async () => {
    const target = await aTarget('Target');
    const merged = await done(app, PREVIEW, { id: target, source });
    const names = { added: ['C'], removed: [], changed: ['B'] };
    expect(merged).toMatchObject({ names, unchanged: ['A'], secretGroup: { revision: 1 } });
    const replaced = await done(app, PREVIEW, { id: target, source, mode: 'REPLACE' });
    expect(replaced).toMatchObject({ names: { ...names, removed: ['D'] }, unchanged: ['A'] });
    expect(JSON.stringify([merged, replaced])).not.toContain('hidden');
    const [{ seq }] = (await app.gql('{ commits(last: 1) { nodes { seq } } }')).data.commits.nodes;

    await done(app, IMPORT, { id: target, source, expectedRevision: merged.secretGroup.revision });
    const [after] = (await app.gql('{ commits(last: 1) { nodes { seq operation } } }')).data.commits.nodes;
    expect(after).toEqual({ seq: seq + 1, operation: 'secretGroup.importVariables' });
    const again = await done(app, PREVIEW, { id: target, source });
    expect(again).toMatchObject({ names: { added: [], removed: [], changed: [] }, unchanged: ['A', 'B', 'C'] });
  });

  it.each([
    [{ source: { text: 'B="', format: 'DOTENV' } }, 'INVALID_INPUT'],
    [{ source: { text: 'LD_PRELOAD=x', format: 'DOTENV' } }, 'INVALID_INPUT'],
    [{ source, expectedRevision: 7 }, 'CONFLICT'],
    [{ source: { text: JSON.stringify({ B: 'x'.repeat(65_537) }), format: 'JSON' } }, 'LIMIT_EXCEEDED'],
  ])('refuses what the import refuses: %#', async (over, code) => {
    targets += 1;
    const target = await aTarget(`Target ${targets}`);
    const [previewed, imported] = [
      await run(app, PREVIEW, { id: target, ...over }),
      await run(app, IMPORT, { id: target, ...over }),
    ];
    expect([codeOf(previewed), codeOf(imported)]).toEqual([code, code]);
  });

  it('tells who may not read the values nothing about them, and who may not list keys nothing at all', async () => {
    const target = await aTarget('Guarded');
    const withVerbs = async (slug: string, verbs: readonly string[]) => {
      const grants = [
        { resources: ['PROJECT'], verbs: ['LIST'] },
        { resources: ['SECRET_GROUP'], verbs },
      ];
      await done(app, operation('createRole', 'role { id }'), { name: slug, grants });
      return app.token(slug);
    };
    const writer = await withVerbs('import-writer', ['LIST', 'LIST_KEYS', 'WRITE']);
    const told = await done(app, PREVIEW, { id: target, source }, writer);
    expect(told).toMatchObject({ names: { added: ['C'], removed: [], changed: ['A', 'B'] }, unchanged: [] });
    const blind = await withVerbs('import-blind', ['LIST', 'WRITE']);
    const refused = await run(app, PREVIEW, { id: target, source }, blind);
    expect(codeOf(refused)).toBe('FORBIDDEN');
    const reader = await withVerbs('import-reader', ['LIST', 'LIST_KEYS', 'READ']);
    expect(codeOf(await run(app, PREVIEW, { id: target, source }, reader))).toBe('FORBIDDEN');
  });
});
