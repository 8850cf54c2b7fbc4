import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doc } from '../../src/store/port.ts';
import { countedApp } from '../support/counted-app.ts';
import { editableStore } from '../support/editable-store.ts';
import { aGlobal, aGlobalInput, globalIdOf, globalOp } from '../support/globals.ts';
import {
  aGroup,
  aProject,
  aServiceInput,
  base64,
  done,
  ENVIRONMENT,
  environmentOf,
  PUT_SERVICE,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
const edit = editableStore();

const VALUES = {
  db: { host: 'db.internal', port: 5432, tls: true, none: null, hosts: ['a', { name: 'b' }] },
  literal: '${PLAIN} $${X} ${secrets.shared.values.db.port}',
  ratio: 0.1,
  constructor: { name: 'mine' },
  'dotted.name': 'out of reach',
};
const FILES = [
  { id: 'ca.pem', path: '/ca', data: base64('-----BEGIN ${PLAIN}'), encoding: 'UTF_8' },
  { id: 'raw', path: '/raw', data: Buffer.from([0, 255]).toString('base64'), encoding: 'BINARY' },
];
const ref = (path: string, slug = 'shared') => `\${secrets.${slug}.${path}}`;
const variables = (entries: Readonly<Record<string, string>>) =>
  Object.entries(entries).map(([name, value]) => ({ name, value }));

beforeAll(async () => {
  app = await startApp({ open: edit.open });
  await aProject(app);
  await aProject(app, 'Other Project');
  await aGlobal(app, { name: 'Shared', values: VALUES, files: FILES });
  await aGlobal(app, { name: 'Public', type: 'CONFIG', values: { v: 'open' } });
});
afterAll(() => app.close());

let count = 0;

/** A service with nothing but these variables of a configuration group of its own. */
async function aService(entries: Readonly<Record<string, string>>, project = 'default-project') {
  count += 1;
  const id = `service-${count}`;
  await done(app, PUT_SERVICE, aServiceInput({ project, id }));
  const restrictions = { restricted: true, workloads: [{ id, kind: 'SERVICE' }] };
  const group = { project, name: `Group ${count}`, type: 'CONFIG', restrictions, variables: variables(entries) };
  await aGroup(app, group);
  return { id, see: (more: object = {}, token?: string) => environmentOf(app, id, { project, ...more }, token) };
}

interface Seen {
  readonly name: string;
  readonly value: string | null;
  readonly type: string;
  readonly masked: boolean;
}
const valuesOf = (environment: { readonly variables: readonly Seen[] }) =>
  Object.fromEntries(environment.variables.map(({ name, value }) => [name, value]));
const typesOf = (environment: { readonly variables: readonly Seen[] }) =>
  Object.fromEntries(environment.variables.map(({ name, type }) => [name, type]));

it('case 265: lists every value with the reference that draws it in', async () => {
  const query = '{ globalSecret(slug: "shared") { valueReferences { path reference } } }';
  const listed: { readonly path: string[]; readonly reference: string }[] = (await app.gql(query)).data.globalSecret
    .valueReferences;
  const { see } = await aService(Object.fromEntries(listed.map(({ reference }, i) => [`V${i}`, reference])));
  const seen = await see();
  expect(seen.unresolved).toEqual([]);
  const values = new Map(Object.entries(valuesOf(seen)));
  const leaf = (path: readonly string[]): unknown =>
    path.reduce<unknown>((value, key) => Reflect.get(Object(value), key), VALUES);
  expect(listed.map((_, i) => values.get(`V${i}`))).toEqual(listed.map(({ path }) => String(leaf(path))));
  expect(listed.map(({ reference }) => reference)).toContain('${secrets.shared.values["dotted.name"]}');
});

const WRITTEN = {
  PLAIN: 'plain',
  HOST: ref('values.db.host'),
  PORT: `:${ref('values.db.port')}:`,
  TLS: `\${${ref('values.db.tls').slice(1)}}`,
  RATIO: ref('values.ratio'),
  FIRST: ref('values.db.hosts.0'),
  SECOND: ref('values.db.hosts.1.name'),
  OWN: ref('values.constructor.name'),
  LITERAL: ref('values.literal'),
  CA: ref('files.ca.pem.data'),
  RAW: ref('files.raw.data'),
  OPEN: ref('values.v', 'public'),
  BOTH: `${ref('values.v', 'public')}+${ref('values.db.port')}`,
};
const RESOLVED = {
  PLAIN: 'plain',
  HOST: 'db.internal',
  PORT: ':5432:',
  TLS: 'true',
  RATIO: '0.1',
  FIRST: 'a',
  SECOND: 'b',
  OWN: 'mine',
  LITERAL: VALUES.literal,
  CA: '-----BEGIN ${PLAIN}',
  RAW: 'AP8=',
  OPEN: 'open',
  BOTH: 'open+5432',
};

describe('a reference to a global secret', () => {
  it.each(['default-project', 'other-project'])(
    'is resolved in %s: deep values, lists, files, numbers',
    async (project) => {
      const service = await aService(WRITTEN, project);
      const environment = await service.see();
      expect(valuesOf(environment)).toEqual(RESOLVED);
      expect(environment.unresolved).toEqual([]);
      const config = Object.entries(typesOf(environment)).filter(([, type]) => type === 'CONFIG');
      expect(config.map(([name]) => name)).toEqual(['OPEN', 'PLAIN']);
    },
  );

  it('is resolved in what a workload holds itself, and in files', async () => {
    const { id, see } = await aService({});
    const files = [{ path: '/own', data: base64(`port=${ref('values.db.port')}`), encoding: 'UTF_8' }];
    await done(app, PUT_SERVICE, aServiceInput({ id, variables: variables({ OWN: ref('values.db.host') }), files }));
    const environment = await see();
    expect(valuesOf(environment)).toEqual({ OWN: 'db.internal' });
    expect(environment.files).toMatchObject([{ path: '/own', data: base64('port=5432') }]);
  });

  it.each([
    ['values.db', 'NOT_TEXT'],
    ['values.db.none', 'NOT_TEXT'],
    ['values.db.hosts', 'NOT_TEXT'],
    ['values.db.hosts.length', 'UNKNOWN_PATH'],
    ['values.db.host.length', 'UNKNOWN_PATH'],
    ['values.__proto__.constructor', 'UNKNOWN_PATH'],
    ['values.db.toString', 'UNKNOWN_PATH'],
    ['values.dotted.name', 'UNKNOWN_PATH'],
    ['files.nothing.data', 'UNKNOWN_PATH'],
  ])('case 43: stays in place where it leads nowhere: %s', async (path, reason) => {
    const environment = await (await aService({ A: `<${ref(path)}>` })).see();
    expect(valuesOf(environment)).toEqual({ A: `<${ref(path)}>` });
    expect(environment.unresolved).toEqual([{ name: 'A', reference: ref(path), reason }]);
  });

  it('stays in place where there is no such secret, until there is', async () => {
    const { see } = await aService({ A: ref('values.a', 'later') });
    expect((await see()).unresolved).toMatchObject([{ reason: 'UNKNOWN_GLOBAL_SECRET' }]);
    await aGlobal(app, { name: 'later', values: { a: 'here' } });
    expect(valuesOf(await see())).toEqual({ A: 'here' });
    await done(app, globalOp('deleteGlobalSecret', 'id'), { id: globalIdOf('later'), force: true });
    expect((await see()).unresolved).toMatchObject([{ reason: 'UNKNOWN_GLOBAL_SECRET' }]);
    await done(app, globalOp('restoreGlobalSecret', 'id'), { id: globalIdOf('later') });
    expect(valuesOf(await see())).toEqual({ A: 'here' });
  });
});

describe('what is drawn in', () => {
  it('is masked with what it is drawn into, for those who may read configuration only', async () => {
    const { see } = await aService({
      SECRET: `x${ref('values.db.host')}`,
      OPEN: ref('values.v', 'public'),
      VIA: '${SECRET}',
    });
    const environment = await see({}, await app.token('developer'));
    expect(environment.variables).toMatchObject([
      { name: 'OPEN', value: 'open', masked: false, type: 'CONFIG' },
      { name: 'SECRET', value: null, masked: true, type: 'SECRET' },
      { name: 'VIA', value: null, masked: true, type: 'SECRET' },
    ]);
    expect(JSON.stringify(environment)).not.toContain('db.internal');
  });

  it('changes the digest, and what is not drawn in does not', async () => {
    await aGlobal(app, { name: 'moving', values: { a: '1', b: '1' }, files: FILES });
    const { see } = await aService({ A: ref('values.a', 'moving'), F: ref('files.raw.data', 'moving') });
    const change = (over: object) =>
      done(app, globalOp('updateGlobalSecret', 'id'), { id: globalIdOf('moving'), ...over });
    const first = await see();
    await change({ values: { a: '1', b: '2' } });
    const unmoved = await see();
    expect([unmoved.digest, unmoved.seq]).toEqual([first.digest, first.seq + 1]);
    await change({ values: { a: '2', b: '2' } });
    const second = await see();
    expect(second.digest).not.toBe(first.digest);
    await change({ values: { a: '1' }, files: [{ ...FILES[1], data: 'AAA=' }] });
    expect((await see()).digest).not.toBe(first.digest);
    await change({ files: FILES });
    expect((await see()).digest).toBe(first.digest);
  });

  it('is at an earlier commit what it was then', async () => {
    const { see } = await aService({ A: ref('values.a', 'past') });
    const states = [await see()];
    await aGlobal(app, { name: 'past', values: { a: 'one' } });
    states.push(await see());
    await done(app, globalOp('putGlobalSecret', 'id'), aGlobalInput({ name: 'past', values: { a: 'two' } }));
    states.push(await see());
    await done(app, globalOp('deleteGlobalSecret', 'id'), { id: globalIdOf('past'), force: true });
    await done(
      app,
      globalOp('createGlobalSecret', 'id'),
      aGlobalInput({ name: 'past', type: 'CONFIG', values: { a: 'new' } }),
    );
    states.push(await see());
    expect(states.map((state) => [valuesOf(state).A, typesOf(state).A])).toEqual([
      [ref('values.a', 'past'), 'CONFIG'],
      ['one', 'SECRET'],
      ['two', 'SECRET'],
      ['new', 'CONFIG'],
    ]);
    for (const state of states) expect(await see({ at: state.seq })).toEqual(state);
  });

  it('is explained without its value', async () => {
    const { id } = await aService({ A: `${ref('values.db.host')}${ref('values.db')}`, B: '${A}' });
    const query = `query ($id: ID!) { project(slug: "default-project") { service(id: $id) { environment {
      explain(name: "B") { outcome references { from reference target status type } } } } } }`;
    const { data } = await app.gql(query, { id });
    const { references, outcome } = data.project.service.environment.explain;
    expect(outcome).toBe('PRESENT');
    expect(references).toMatchObject([
      { from: 'B', target: 'A' },
      { from: 'A', reference: ref('values.db.host'), type: 'SECRET' },
      { from: 'A', reference: ref('values.db'), status: 'UNRESOLVED' },
    ]);
    expect(JSON.stringify(data)).not.toContain('db.internal');
  });
});

describe('opening', () => {
  it('only those that a reference names are opened, once for all workloads', async () => {
    for (const n of [1, 2, 3, 4, 5]) await aGlobal(app, { name: `many ${n}`, values: { v: 'v' } });
    const one = await aService({
      A: ref('values.v', 'many-1'),
      B: ref('values.v', 'many-1'),
      C: ref('values.v', 'missing'),
    });
    const two = await aService({ A: ref('values.v', 'many-1'), B: ref('values.v', 'many-2') });
    const none = await aService({ A: 'plain' });
    const gateway = await countedApp(app.store, { cacheBytes: 64 * 1024 * 1024, answerCacheBytes: 0 });
    const opened: number[] = [];
    for (const service of [none, one, two, none, one, two]) {
      gateway.reset();
      await gateway.gql(ENVIRONMENT, { project: 'default-project', service: service.id }, app.owner);
      opened.push(gateway.opens());
    }
    await gateway.close();
    // The workload's own document and its group; then the global secrets it names that nobody named before.
    expect(opened).toEqual([2, 3, 3, 0, 0, 0]);
  });
});

describe('a global secret that was tampered with', () => {
  const KEY = ['default', 'guarded'];

  /** What a gateway that starts now answers for a service. */
  async function answerFor(service: string): Promise<string> {
    const gateway = await countedApp(app.store, { cacheBytes: 64 * 1024 * 1024, answerCacheBytes: 0 });
    const asked = gateway.gql(ENVIRONMENT, { project: 'default-project', service }, app.owner);
    const answer = await asked.then(
      () => 'served',
      (error: Error) => /"code":"(\w+)"/.exec(error.message)?.[1] ?? error.message,
    );
    await gateway.close();
    return answer;
  }

  it.each<[string, () => Doc | null]>([
    [
      'its type edited',
      () => ({
        ...edit.read('globalSecret', KEY),
        fields: { ...edit.read('globalSecret', KEY).fields, type: 'config' },
      }),
    ],
    ['an older revision put back', () => edit.readRevision('globalSecret', KEY, 1)],
    ['another in its place', () => ({ ...edit.read('globalSecret', ['default', 'shared']), key: KEY })],
    ['taken away', () => null],
  ])('%s: whoever names it gets nothing, the others all', async (_what, forged) => {
    await done(app, globalOp('putGlobalSecret', 'id'), { name: 'guarded', type: 'SECRET', values: { v: 'old' } });
    await done(app, globalOp('updateGlobalSecret', 'id'), { id: globalIdOf('guarded'), values: { v: 'new' } });
    // What is committed afterwards stays: a gateway that is running takes nothing older than it has seen.
    const names = await aService({ A: ref('values.v', 'guarded') });
    const other = await aService({ A: ref('values.v', 'public') });
    expect([await answerFor(names.id), await answerFor(other.id)]).toEqual(['served', 'served']);
    const restore = edit.remember();
    await edit.write('globalSecret', KEY, forged());
    expect([await answerFor(names.id), await answerFor(other.id)]).toEqual(['INTEGRITY', 'served']);
    await restore();
  });
});
