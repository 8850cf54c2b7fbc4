import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { called } from '../support/executed.ts';
import { type Listener, listen, until } from '../support/listening.ts';
import { aGroup, aProject, done, operation, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

// Events that many get alike are put into words once. With a directive in its document a listener is told each by itself.

let app: TestApp;
const listeners: Listener[] = [];
beforeEach(async () => {
  app = await startApp({ limits: { socketsPerPrincipal: 1_000 } });
  await aProject(app);
});
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
  await app.close();
});

const PROJECT = 'default-project';
const PARTS = ['at', 'scope', 'digest', '__typename', 'own: digest', 'place: cursor'];
const LISTS = ['variables', 'files', 'dockerSecretMounts'];
const NAMES = ['added', 'removed', 'changed', '__typename'];

/** The same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

function selectionBy(random: (below: number) => number): string {
  const some = (all: readonly string[]) => all.filter(() => random(2) === 0);
  const lists = some(LISTS).map((list) => `${list} { ${['changed', ...some(NAMES)].join(' ')} }`);
  return ['cursor seq', ...some(PARTS), ...lists].join(' ');
}

const documentOf = (selection: string, isPlain: boolean): string =>
  `subscription ($id: ID!, $scope: Scope! = RUNTIME, $yes: Boolean! = true) {
    environmentChanged(project: "${PROJECT}", workload: { kind: SERVICE, id: $id }, scope: $scope) {
      ... on EnvironmentEvent ${isPlain ? '@include(if: $yes)' : ''} { ${selection} }
      ... on HistoryExpired { cursor } } }`;

async function follow(token: string, id: string, document: string, scope = 'RUNTIME'): Promise<Listener> {
  // A variable that the document does not use would be an error.
  const query = document.includes('$yes)') ? document : document.replace(', $yes: Boolean! = true', '');
  const listener = await listen(app.url, token, query, { variables: { id, scope } });
  listeners.push(listener);
  return listener;
}

const put = (id: string, over: object = {}) => done(app, PUT_SERVICE, { project: PROJECT, id, name: id, ...over });
const nodeId = (type: string, id: string): string => Buffer.from(`${type}:${id}`).toString('base64');
const groupId = (slug: string): string => nodeId('SecretGroup', `${PROJECT}/${slug}`);
const setVariable = (slug: string, name: string, value: string) =>
  done(app, operation('setSecretGroupVariable', 'secretGroup { slug }'), { id: groupId(slug), name, value });

const GRANTS = [
  [{ resources: ['PROJECT', 'WORKLOAD'], verbs: ['LIST', 'LIST_KEYS'] }],
  [{ resources: ['PROJECT', 'WORKLOAD'], verbs: ['LIST', 'RESOLVE'], types: ['CONFIG'] }],
  [{ resources: ['PROJECT', 'WORKLOAD', 'GLOBAL_SECRET'], verbs: ['LIST', 'LIST_KEYS', 'RESOLVE', 'READ'] }],
];

describe('events that many get alike', () => {
  it('are, for each who listens, what they would be if told by themselves', async () => {
    const random = numbers(7);
    const SERVICES = ['one', 'two', 'three', 'four'];
    for (const name of ['First', 'Second', 'Config'])
      await aGroup(app, {
        name,
        type: name === 'Config' ? 'CONFIG' : 'SECRET',
        variables: [{ name: `${name.toUpperCase()}_0`, value: 'begin' }],
      });
    for (const id of SERVICES) await put(id, { variables: [{ name: `OWN_${id.toUpperCase()}`, value: id }] });
    const slugs: string[] = [];
    const tokens = [app.owner];
    for (const [i, grants] of GRANTS.entries()) {
      const { role } = await done(app, operation('createRole', 'role { slug }'), { name: `Role ${i}`, grants });
      slugs.push(role.slug);
      tokens.push(await app.token(role.slug));
    }
    const pairs: (readonly [alike: Listener, plain: Listener])[] = [];
    for (const token of tokens) {
      for (const id of SERVICES) {
        const selection = selectionBy(random);
        const scope = random(4) === 0 ? 'BUILD' : 'RUNTIME';
        pairs.push([
          await follow(token, id, documentOf(selection, false), scope),
          await follow(token, id, documentOf(selection, true), scope),
        ]);
      }
    }
    /** A commit that concerns all, and all are told of. */
    const all = async (): Promise<void> => {
      await setVariable('first', 'ALL', `${random(1_000_000)}`);
      const { data } = await app.gql('{ commits(last: 1) { edges { node { seq } } } }');
      const { seq } = data.commits.edges[0].node;
      await until(() => pairs.flat().every(({ events }) => events.at(-1)?.seq === seq), 'an event for each');
    };
    const changes = [
      () => setVariable('first', `FIRST_${random(2)}`, `v${random(5)}`),
      () => setVariable('second', `SECOND_${random(2)}`, `\${FIRST_0} ${random(3)}`),
      () => setVariable('config', 'CONFIG_0', `c${random(4)}`),
      // A name that one of them has of its own, which hides it, and a reference to one.
      () => setVariable('first', 'OWN_ONE', `hidden ${random(3)}`),
      () => setVariable('second', 'SECOND_9', `\${OWN_${['ONE', 'TWO'][random(2)]}}`),
      () => put('two', { variables: [{ name: 'OWN_TWO', value: `w${random(3)}` }] }),
      () => put('three', { variables: [{ name: 'OWN_THREE', value: `\${FIRST_0}${random(2)}` }] }),
      () => put('four', { variables: [], buildArguments: [{ name: 'B', value: `${random(3)}` }] }),
      // By which rights a commit is told that is not told yet is a matter of time.
      async () => {
        await all();
        const grants = GRANTS[random(GRANTS.length)];
        await done(app, operation('updateRole', 'role { slug }'), { id: nodeId('Role', slugs[0] ?? ''), grants });
      },
    ];
    for (let i = 0; i < 45; i += 1) await changes[random(changes.length)]?.();
    await all();
    for (const [alike, plain] of pairs) {
      expect(alike.events).toEqual(plain.events);
      expect(alike.events.length).toBeGreaterThan(5);
    }
  });

  it('are executed once for all of them, without a session or a context for each', async () => {
    const MANY = 60;
    await aGroup(app, { name: 'First', secretType: 'ENVIRONMENT', variables: [{ name: 'A', value: '0' }] });
    const document = documentOf('cursor seq digest variables { changed }', false);
    for (let i = 0; i < MANY; i += 1) {
      await put(`svc-${i}`, { variables: [{ name: `OWN_${i}`, value: `${i}` }] });
      await follow(app.owner, `svc-${i}`, document);
    }
    const tell = async (value: string, count: number) => {
      await setVariable('first', 'A', value);
      await Promise.all(listeners.map((listener) => listener.count(count)));
    };
    await tell('1', 1);
    await tell('2', 2);
    const calls = await called(() => tell('3', 3));
    const callsOf = (name: string): number => calls.get(name) ?? 0;
    // The few that are told of it before anybody else was, and the mutation itself.
    const FEW = 20;
    expect(callsOf('streams/alike.ts wordsOf')).toBe(1);
    expect(callsOf('streams/deliveries.ts now')).toBeGreaterThanOrEqual(MANY);
    expect(callsOf('streams/deliveries.ts said')).toBeGreaterThan(MANY - FEW);
    expect(callsOf('access/session.ts createSession')).toBeLessThan(FEW);
    expect(callsOf('graphql/engine/execute.ts metered')).toBeLessThan(FEW);
    expect(callsOf('app/gateway.ts contextOf')).toBeLessThan(FEW);
    expect(callsOf('modules/resolution/entry-facts.ts PackedEntries')).toBeLessThan(FEW);
    expect(new Set(listeners.map(({ events }) => events[2]?.digest)).size).toBe(MANY);
    expect(new Set(listeners.map(({ events }) => events[2]?.cursor)).size).toBe(MANY);
    expect(listeners.map(({ events }) => events[2]?.variables)).toEqual(listeners.map(() => ({ changed: ['A'] })));
  });
});
