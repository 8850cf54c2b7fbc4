import { anApp, aSecret, aValueInput, SECRET_FIELDS, secretIdOf, VALUE_FIELDS, valueOp } from './apps.ts';
import type { CopiedStore, Copy } from './editable-store.ts';
import { changesBetween } from './editable-store.ts';
import { aGroupInput, aProject, aServiceInput, done, groupOp, operation, PUT_SERVICE, run } from './makers.ts';
import { startApp, type TestApp } from './start-app.ts';
import type { SweptStore } from './swept-stores.ts';
import type { ScopeMutation, Timeline } from './tampered-scopes.ts';
import { type Answer, afterStart, answersOf, type Open, type Question, wrongAnswer } from './tampering-sweep.ts';
import { freshApp } from './whole-state.ts';

/** A team of several projects that went on for a while, and whoever can write to its store but has none of its keys. */
export interface ScopeWorld {
  readonly app: TestApp;
  readonly timeline: Timeline;
  /** Of whom everything is asked. */
  readonly questions: readonly Question[];
}

const P = 'default-project';
const Q = 'other-project';
const GRANTS = [{ resources: ['SECRET_GROUP'], verbs: ['LIST', 'READ'], types: ['CONFIG', 'SECRET'] }];
const gid = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64');
const ADDON = { name: 'Cache', provider: 'redis', params: { host: 'h', password: 'p' } };

const group = (app: TestApp, project: string, value: string, name = 'own') =>
  done(app, groupOp('putSecretGroup', 'id'), aGroupInput({ name, project, variables: [{ name: 'OWN', value }] }));

async function founded(open: Open): Promise<TestApp> {
  const app = await startApp({ open, limits: { ratePoints: 0 } });
  await aProject(app);
  await aProject(app, 'Other Project');
  for (const project of [P, Q]) {
    await group(app, project, 'first');
    await group(app, project, 'kept', 'second');
    await done(app, PUT_SERVICE, aServiceInput({ project }));
    await done(app, operation('createAddon', 'addon { id }'), { ...ADDON, project });
  }
  await anApp(app);
  await aSecret(app);
  await done(app, valueOp('setAppSecretValue'), { id: secretIdOf('api-key'), ...aValueInput('first') });
  await done(app, operation('createTag', 'tag { id }'), { name: 'tag-0' });
  await done(app, operation('createRole', 'role { id }'), { name: 'Clerk', grants: GRANTS });
  return app;
}

const PROJECT = `secretGroups(first: 9) { nodes { slug type revision variables { name value } } }
  services(first: 9) { nodes { id environment { variables { name value } } } }
  addons(first: 9) { nodes { slug params } }`;

function questionsOf(app: TestApp, tokens: readonly string[], commits: number): readonly Question[] {
  const queries = [
    '{ projects(first: 9) { nodes { slug name } } tags { name } }',
    ...[P, Q].map((slug) => `{ project(slug: "${slug}") { ${PROJECT} } }`),
    `{ project(slug: "${P}") { secretGroup(slug: "own") { revisions(first: 9) { nodes { revision variables { value } } } } } }`,
    `{ project(slug: "${P}") { service(id: "example-service") { environment(at: 14) { variables { name value } } } } }`,
    `{ apps(first: 3) { nodes { slug environments { slug } secrets(first: 5) { nodes { ${SECRET_FIELDS} values { ${VALUE_FIELDS} } } } } } }`,
    '{ roles { slug grants { resources verbs types } } tokens { name role } }',
    `{ commits(first: ${commits}) { nodes { seq at actor operation } } }`,
    `{ deleted(kind: SECRET_GROUP, project: "${Q}") { nodes { name deletedBy } } }`,
  ];
  const others = tokens.map((token): Question => [`{ project(slug: "${P}") { ${PROJECT} } }`, token]);
  return [...queries.map((query): Question => [query, app.owner]), ...others];
}

/** Steps in which each scope changes, some by itself and some with others. */
export async function scopeWorld(edit: CopiedStore, open: Open, settled: SweptStore['settled']): Promise<ScopeWorld> {
  const app = await founded(open);
  const departing = await app.token('owner', { name: 'departing' });
  const clerk = await app.token('clerk', { name: 'clerk' });
  const steps = [
    () => group(app, P, 'second'),
    async () => {
      const { data } = await app.gql('{ tokens { id name } }');
      const { id } = data.tokens.find(({ name }: { name: string }) => name === 'departing');
      await done(app, operation('revokeToken', 'token { id }'), { id });
    },
    async () => {
      await done(app, groupOp('deleteSecretGroup', 'id'), { id: gid('SecretGroup', `${Q}/second`) });
      await group(app, P, 'third');
    },
    async () => {
      await done(app, valueOp('setAppSecretValue'), { id: secretIdOf('api-key'), ...aValueInput('second') });
      const grants = GRANTS.map((grant) => ({ ...grant, types: ['CONFIG'] }));
      await done(app, operation('updateRole', 'role { id }'), { id: gid('Role', 'clerk'), grants });
    },
    () => group(app, Q, 'second'),
  ];
  const past: Copy[] = [];
  for (const step of steps) {
    await settled(app.store);
    past.push(await edit.copy());
    await step();
  }
  await settled(app.store);
  const now = await edit.copy();
  const commits = (await app.store.head(['default']))?.seq ?? 0;
  return { app, timeline: { team: 'default', past, now }, questions: questionsOf(app, [departing, clerk], commits) };
}

/** More commits than the team was put back by, none of which changes an answer. Those that are refused are. */
async function goOn(app: TestApp): Promise<void> {
  for (let i = 0; i < 12; i += 1) {
    await run(app, operation('updateTag', 'tag { id }'), { id: gid('Tag', 'tag-0'), description: `${i}` }).catch(
      () => {},
    );
  }
  for (const project of [P, Q]) {
    const id = gid('Addon', `${project}/cache`);
    await run(app, operation('updateAddon', 'addon { id }'), { id, description: 'harmless' }).catch(() => {});
  }
}

/** What gateways answer: one that starts after the mutation, one that was there, the same after more commits, one that starts after those. */
async function lives({ app, questions }: ScopeWorld, apply: () => Promise<void>, restore: () => Promise<void>) {
  await apply();
  const started = await afterStart(app, questions);
  await restore();
  const running = await freshApp(app.store, app.owner, { cacheBytes: 64 * 1024 * 1024 });
  try {
    await answersOf(running, questions);
    await apply();
    const there = await answersOf(running, questions);
    await goOn(running);
    const later = await answersOf(running, questions);
    return {
      started,
      running: there,
      'running, after commits': later,
      'started after those': await afterStart(app, questions),
    };
  } finally {
    await running.close();
    await restore();
  }
}

export interface SweptScopes {
  readonly mutations: number;
  readonly unseen: readonly string[];
  /** Nobody refused anything. */
  readonly harmless: readonly string[];
}

export async function sweepScopes(
  edit: CopiedStore,
  world: ScopeWorld,
  mutations: readonly ScopeMutation[],
): Promise<SweptScopes> {
  const { app, timeline, questions } = world;
  const restore = async () => edit.apply(changesBetween(await edit.copy(), timeline.now));
  const before = (await afterStart(app, questions)) ?? [];
  const untouched = await lives(world, async () => {}, restore);
  for (const [life, answers] of Object.entries(untouched)) {
    if (!answers || wrongAnswer(answers, before) !== -1) throw new Error(`answers change by themselves: ${life}`);
  }
  if (before.filter(({ refused }) => refused).length !== 1)
    throw new Error(`refused before: ${JSON.stringify(before)}`);
  const unseen: string[] = [];
  const harmless: string[] = [];
  for (const { name, changes } of mutations) {
    const met = await lives(world, () => edit.apply(changes), restore);
    const all: readonly (readonly [string, readonly Answer[] | null])[] = Object.entries(met);
    for (const [life, answers] of all) {
      const wrong = answers ? wrongAnswer(answers, before) : -1;
      if (wrong !== -1) unseen.push(`${name}, ${life}: ${questions[wrong]?.[0].slice(0, 70)}`);
    }
    if (all.every(([, answers]) => answers?.filter(({ refused }) => refused).length === 1)) harmless.push(name);
  }
  return { mutations: mutations.length, unseen, harmless };
}
