import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { routesOf } from '../../src/app/routes.ts';
import { createSchema } from '../../src/app/schema.ts';
import { SLICES } from '../../src/app/slices.ts';
import { createSubgraph } from '../../src/graphql/federation/entities.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { dropDatabase } from '../support/canaries.ts';
import { type Listener, listen, until } from '../support/listening.ts';
import { aProject, codeOf, run } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import { operationOf } from '../support/mutations.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { notes } from './notes/slice.ts';

const mongodbUrl = inject('mongodbUrl');
const slices = [...SLICES, notes];
const PUT = operationOf('putNote', 'note { id slug text } commit { seq }');
const NOTE = 'query ($project: Slug!, $slug: Slug!) { note(project: $project, slug: $slug) { id slug text } }';
const CHANGES = `subscription { changes(kinds: [NOTE]) { ... on CommitEvent {
  operation changes { kind project name id revision keys { variables { added changed removed } } } } } }`;

let app: TestApp;
const project = 'default-project';
const listeners: Listener[] = [];
const put = async (slug: string, text: string, token?: string) =>
  (await app.gql(PUT, { input: { project, slug, text } }, token)).data?.result;
const ask = async (slug: string, token?: string) => (await app.gql(NOTE, { project, slug }, token)).data?.note;

beforeAll(async () => {
  app = await startApp({ slices });
  await aProject(app);
});
afterAll(async () => {
  for (const listener of listeners) await listener.stop();
  await app.close();
});

describe('A noun from a folder outside src', () => {
  it('is in the schema that it is added to, and in no other', () => {
    expect(createSchema(slices).getType('Note')).toBeDefined();
    expect(createSchema().getType('Note')).toBeUndefined();
    expect(readdirSync('src/modules')).not.toContain('notes');
    expect(readFileSync('src/app/slices.ts', 'utf8')).not.toMatch(/\bnotes?\b/);
  });

  it('is an entity of a larger graph', () => {
    const options = { prefix: '', key: ['projectId', 'id'] } as const;
    expect(createSubgraph(createSchema(slices), options).sdl).toMatch(/type Note @key\(fields: "id"\)/);
    expect(createSubgraph(createSchema(), options).sdl).not.toContain('Note');
  });

  it('has a limit that the operator may set', async () => {
    const variable = 'KEYLOOM_LIMIT_NOTES_PER_PROJECT';
    expect(readConfig({}, slices).limits).toMatchObject({ notesPerProject: 100, bodyBytes: 1_048_576 });
    expect(readConfig({ [variable]: '2' }, slices).limits).toMatchObject({ notesPerProject: 2 });
    expect(() => readConfig({ [variable]: '0' }, slices)).toThrow(`${variable}: must be a whole number from 1 to`);
    expect(() => readConfig({ [variable]: '2' })).toThrow(`${variable}: is not a variable of Keyloom`);
    const small = await startApp({ slices, limits: { notesPerProject: 1 } });
    try {
      await aProject(small);
      const input = (slug: string, text: string) => ({ project, slug, text });
      expect(await run(small, PUT, input('first', 'one'))).toMatchObject({ __typename: 'PutNotePayload' });
      expect(await run(small, PUT, input('first', 'two'))).toMatchObject({ __typename: 'PutNotePayload' });
      expect(await run(small, PUT, input('second', 'three'))).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: `Too many notes in the project: 2; the limit is 1 (${variable})`,
      });
    } finally {
      await small.close();
    }
  });

  it('is reached over REST', async () => {
    const headers = { authorization: `Bearer ${app.owner}`, 'content-type': 'application/json' };
    const at = `${app.url}/v1/projects/${project}/notes/rested`;
    expect((await fetch(at, { headers })).status).toBe(404);
    const written = await fetch(at, { method: 'PUT', headers, body: JSON.stringify({ text: 'tea' }) });
    expect([written.status, await written.json()]).toEqual([200, { data: { id: 'rested', text: 'tea' } }]);
    expect(await (await fetch(at, { headers })).json()).toEqual({ data: { id: 'rested', text: 'tea' } });
    const wrong = await fetch(at, { method: 'PUT', headers, body: JSON.stringify({ text: 1 }) });
    expect([wrong.status, (await wrong.json()).error.details]).toEqual([400, { text: ['must be a string'] }]);
    const described = await (await fetch(`${app.url}/v1/openapi.json`, { headers })).json();
    expect(Object.keys(described.paths)).toContain('/v1/projects/{projectId}/notes/{noteId}');
    expect(routesOf().map(({ path }) => path)).not.toContain('/projects/{projectId}/notes/{noteId}');
  });

  it('has a query, a mutation and a node', async () => {
    const made = await put('first', 'buy milk');
    expect(made).toMatchObject({ __typename: 'PutNotePayload', note: { slug: 'first', text: 'buy milk' } });
    expect(await ask('first')).toEqual(made.note);
    expect(await ask('second')).toBeNull();
    const found = await app.gql('query ($id: ID!) { node(id: $id) { id ... on Note { text } } }', { id: made.note.id });
    expect(found.data.node).toEqual({ id: made.note.id, text: 'buy milk' });
  });

  it('has rights, of built-in roles and of roles that name it', async () => {
    await put('secret', 'where the key lies');
    const [reader, developer, auditor] = [
      await app.token('reader'),
      await app.token('developer'),
      await app.token('auditor'),
    ];
    expect(await ask('secret', reader)).toMatchObject({ text: 'where the key lies' });
    expect(await ask('secret', developer)).toMatchObject({ slug: 'secret', text: null });
    expect(await ask('secret', auditor)).toMatchObject({ text: null });
    const refused = await run(app, PUT, { project, slug: 'secret', text: 'x' }, developer);
    expect(codeOf(refused)).toBe('FORBIDDEN');
    const { data } = await app.gql(operationOf('createRole', 'role { slug }'), {
      input: {
        name: 'Writers of notes',
        grants: [
          { resources: ['PROJECT'], verbs: ['LIST'] },
          { resources: ['NOTE'], verbs: ['LIST', 'WRITE'] },
        ],
      },
    });
    const writer = await app.token(data.result.role.slug);
    expect(await put('secret', 'behind the door', writer)).toMatchObject({ note: { text: null } });
    expect(await ask('secret')).toMatchObject({ text: 'behind the door' });
  });

  it('has events, with the names of its keys for those who may list it', async () => {
    const stranger = await app.gql(operationOf('createRole', 'role { slug }'), {
      input: { name: 'Of projects', grants: [{ resources: ['PROJECT', 'TAG'], verbs: ['LIST'] }] },
    });
    const tokens = [app.owner, await app.token('developer'), await app.token(stranger.data.result.role.slug)];
    const [owner, developer, blind] = await Promise.all(
      tokens.map(async (token) => {
        const listener = await listen(app.url, token, CHANGES);
        listeners.push(listener);
        return listener;
      }),
    );
    await put('told', 'one');
    await put('told', 'two');
    await until(() => owner?.events.length === 2 && developer?.events.length === 2);
    const keys = { variables: { added: [], changed: ['text'], removed: [] } };
    const change = { kind: 'NOTE', project, name: 'told', revision: 2, keys, id: expect.any(String) };
    expect(owner?.events[1]).toMatchObject({ operation: 'note.put', changes: [change] });
    expect(developer?.events[1]).toMatchObject({ changes: [{ ...change, keys }] });
    expect(JSON.stringify([owner?.events, developer?.events])).not.toMatch(/one|two/);
    expect(blind?.events).toEqual([]);
  });

  it.skipIf(!mongodbUrl)('is kept in MongoDB too', async () => {
    const database = aDatabase();
    const other = await startApp({
      slices,
      open: ({ mac }) => openMongoStore({ url: mongodbUrl ?? '', database, mac }),
    });
    try {
      await aProject(other);
      const { data } = await other.gql(PUT, { input: { project, slug: 'first', text: 'buy milk' } });
      expect(data.result.note).toMatchObject({ text: 'buy milk' });
    } finally {
      await other.close();
      await dropDatabase(mongodbUrl ?? '', database);
    }
  });
});
