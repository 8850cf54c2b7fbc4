import { SECRET_FIELDS, VALUE_FIELDS } from './apps.ts';
import { filled, ways } from './commit-ways.ts';
import type { EditableRecords } from './editable-store.ts';
import { GROUP_FIELDS } from './makers.ts';
import type { AppOptions, TestApp } from './start-app.ts';
import type { Mutation } from './tampered-places.ts';
import { freshApp } from './whole-state.ts';

const WORKLOAD = 'id name tags revision variables { name value } files { path data }';
const project = (fields: string): string => `{ project(slug: "default-project") { ${fields} } }`;
const ENTRIES = 'seq variables { name value } files { path data }';

/** Queries that together ask for all there is. */
const QUERIES: readonly string[] = [
  '{ projects(first: 20) { nodes { slug name description revision } } }',
  project(`secretGroups(first: 20) { nodes { ${GROUP_FIELDS} } }`),
  project(`secretGroup(slug: "own") { revisions(first: 20) { nodes { revision variables { name value } } } }`),
  project(`services(first: 20) { nodes { ${WORKLOAD} } } jobs(first: 20) { nodes { ${WORKLOAD} } }`),
  project(
    'addons(first: 20) { nodes { slug params revision } } externalAddons(first: 20) { nodes { slug params revision } }',
  ),
  project(`service(id: "example-service") { environment { ${ENTRIES} } }`),
  project(`service(id: "example-service") { environment(at: 26) { ${ENTRIES} } }`),
  '{ globalSecrets(first: 20) { nodes { slug type values revision } } }',
  `{ apps(first: 3) { nodes { slug name environments { slug name } secrets(first: 5) { nodes { ${SECRET_FIELDS} values { ${VALUE_FIELDS} } } } } } }`,
  '{ tags { name description } roles { slug name grants { resources verbs types projects } } }',
  '{ tokens { name kind role createdBy } vcsAccounts { accountLogin } }',
  '{ commits(first: 100) { nodes { seq at actor operation } } }',
  '{ deleted(kind: SECRET_GROUP, project: "default-project") { nodes { name deletedAt deletedBy } } }',
];

/** One query, and whose token goes with it. */
export type Question = readonly [query: string, token: string];
export type Answer = { readonly data: unknown; readonly refused: boolean };

export async function answersOf(app: TestApp, questions: readonly Question[]): Promise<readonly Answer[]> {
  const answers = questions.map(async ([query, token]) => {
    const { data, errors } = await app.gql(query, {}, token);
    return { data: data ?? null, refused: errors !== undefined };
  });
  return Promise.all(answers);
}

/** Whether all that is told was told before, just so. */
function isPartOf(told: unknown, before: unknown): boolean {
  if (told === null || told === undefined) return true;
  if (typeof told !== 'object' || typeof before !== 'object' || before === null) return told === before;
  return Object.entries(told).every(([name, value]) => isPartOf(value, (before as Record<string, unknown>)[name]));
}

/** The first answer that is neither as it was nor a refusal; -1: there is none. */
export function wrongAnswer(after: readonly Answer[], before: readonly Answer[]): number {
  return after.findIndex(({ data, refused }, i) => {
    const known = before[i]?.data;
    return refused ? !isPartOf(data, known) : JSON.stringify(data) !== JSON.stringify(known);
  });
}

export interface Swept {
  readonly mutations: number;
  /** Those after which a gateway told something wrong, or left something out in silence. */
  readonly unseen: readonly string[];
  /** Those that nothing noticed, because nothing that is asked for depends on them. */
  readonly harmless: number;
}

export type Open = NonNullable<AppOptions['open']>;

/** A world with something of each kind, so many copies of it, and history. */
export async function world(open: Open, size: number): Promise<TestApp> {
  const app = await filled(size, {}, { open });
  for (const [name, way] of Object.entries(ways)) if (!/Token|Role|Tag/.test(name)) await way(app, 1);
  return app;
}

/** How a gateway meets a mutation: it starts after it, or was there and had answered everything before. */
export type Meeting = 'started' | 'running';

/** Each mutation by itself: a gateway answers each query as before, or refuses. */
export async function sweep(
  app: TestApp,
  edit: EditableRecords,
  mutations: readonly Mutation[],
  meeting: Meeting = 'started',
): Promise<Swept> {
  const restore = edit.remember();
  const questions = QUERIES.map((query): Question => [query, app.owner]);
  const before = await afterStart(app, questions);
  if (before?.some(({ refused }) => refused) !== false) throw new Error(`refused before: ${JSON.stringify(before)}`);
  const unseen: string[] = [];
  let harmless = 0;
  for (const { name, apply } of mutations) {
    const after =
      meeting === 'started'
        ? await apply().then(() => afterStart(app, questions))
        : await during(app, questions, apply);
    const wrong = after ? wrongAnswer(after, before) : -1;
    if (wrong !== -1) unseen.push(`${name} (${QUERIES[wrong]?.slice(0, 70)})`);
    if (after?.every(({ refused }) => !refused)) harmless += 1;
    await restore();
  }
  return { mutations: mutations.length, unseen, harmless };
}

/** What a gateway answers that starts now; null: it does not start. */
export async function afterStart(app: TestApp, questions: readonly Question[]): Promise<readonly Answer[] | null> {
  const next = await freshApp(app.store, app.owner).catch(() => null);
  if (!next) return null;
  try {
    return await answersOf(next, questions);
  } finally {
    await next.close();
  }
}

/** What a gateway answers that had answered everything before. */
async function during(
  app: TestApp,
  questions: readonly Question[],
  apply: Mutation['apply'],
): Promise<readonly Answer[]> {
  const running = await freshApp(app.store, app.owner, { cacheBytes: 64 * 1024 * 1024 });
  try {
    await answersOf(running, questions);
    await apply();
    return await answersOf(running, questions);
  } finally {
    await running.close();
  }
}
