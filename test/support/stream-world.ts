import { type Db, MongoClient } from 'mongodb';
import { ask } from './built.ts';
import { operation } from './makers.ts';
import type { LogEntry, Touch } from './stream-history.ts';

/** What the random writers work on: two teams with the same names in them, so that a mix-up would show. */
export interface Group {
  readonly project: string;
  readonly id: string;
  readonly slug: string;
}
export interface Team {
  readonly name: string;
  readonly owner: string;
  readonly groups: readonly Group[];
  readonly globals: readonly { readonly id: string; readonly slug: string }[];
}

export const PROJECTS = ['p-one', 'p-two'] as const;
export const SERVICES = ['svc-zero', 'svc-one'] as const;
export const GLOBALS = ['shared-zero', 'shared-one'] as const;
/** Slugs tell what type a group has; those that change theirs have both. */
const GROUPS = ['Config Plain', 'Config Tagged', 'Secret Plain', 'Changing Plain'];
export const TAG = 'gold';

/** What viewers with less than everything may list. Names of projects and types as the API has them. */
export const GRANTS = {
  wide: [{ resources: ['PROJECT', 'SECRET_GROUP', 'WORKLOAD', 'TAG'], verbs: ['LIST', 'LIST_KEYS'] }],
  limited: [
    { resources: ['PROJECT', 'SECRET_GROUP', 'WORKLOAD'], verbs: ['LIST'], types: ['CONFIG'], projects: ['p-one'] },
  ],
};

export type Send = (team: { readonly owner: string }, name: string, input: object, fields?: string) => Promise<Answer>;
// biome-ignore lint/suspicious/noExplicitAny: answers are read as the mutation's own fields shaped them
export type Answer = any;

/** A mutation at one of the gateways; null when nobody answered or it was refused. */
export const sender =
  (url: () => string, acknowledge: (team: string, seq: number, operation: string) => void): Send =>
  async (team, name, input, fields = '') => {
    const answer = await ask(url(), team.owner, operation(name, fields), { input });
    const result = answer?.data?.result;
    if (!result?.commit) return null;
    acknowledge(team.owner, result.commit.seq, result.commit.operation);
    return result;
  };

/** The same, for what has to be there before anything begins. */
const need = async (send: Send, ...args: Parameters<Send>): Promise<Answer> => {
  const result = await send(...args);
  if (!result) throw new Error(`${args[1]} failed`);
  return result;
};

const RESTRICTED = { restricted: true, workloads: [], tags: [TAG], tagMatchCondition: 'OR' };

export async function aTeam(name: string, owner: string, send: Send): Promise<Team> {
  const team = { owner };
  await need(send, team, 'createTag', { name: TAG });
  await need(send, team, 'createRole', { name: 'Wide', grants: GRANTS.wide });
  await need(send, team, 'createRole', { name: 'Limited', grants: GRANTS.limited });
  await need(send, team, 'createRole', { name: 'Narrowing', grants: GRANTS.wide });
  const globals = [];
  for (const slug of GLOBALS) {
    const input = { name: slug.replace('-', ' '), type: 'CONFIG', values: { host: 'first', port: 1 } };
    const { globalSecret } = await need(send, team, 'createGlobalSecret', input, 'globalSecret { id slug }');
    globals.push(globalSecret);
  }
  const groups: Group[] = [];
  for (const project of PROJECTS) {
    await need(send, team, 'createProject', { name: project.replace('-', ' ') });
    for (const [i, each] of GROUPS.entries()) {
      const restrictions = each.includes('Tagged') ? { restrictions: RESTRICTED } : {};
      const type = each.startsWith('Secret') ? 'SECRET' : 'CONFIG';
      const input = { project, name: each, secretType: 'ENVIRONMENT', priority: i, type, ...restrictions };
      const { secretGroup } = await need(send, team, 'createSecretGroup', input, 'secretGroup { id slug }');
      groups.push({ project, ...secretGroup });
    }
    for (const id of SERVICES) await need(send, team, 'putService', serviceInput(project, id, [], 'first'));
  }
  return { name, owner, groups, globals };
}

export const serviceInput = (project: string, id: string, tags: readonly string[], value: string) => ({
  project,
  id,
  name: 'Some Service',
  tags,
  variables: [
    { name: 'OWN', value },
    { name: 'HOST', value: '${secrets.shared-zero.values.host}' },
  ],
});

const KINDS = new Map([
  ['team', 'TEAM'],
  ['project', 'PROJECT'],
  ['tag', 'TAG'],
  ['role', 'ROLE'],
  ['token', 'TOKEN'],
  ['service', 'SERVICE'],
  ['job', 'JOB'],
  ['secretGroup', 'SECRET_GROUP'],
  ['globalSecret', 'GLOBAL_SECRET'],
]);

interface StoredTouch {
  readonly kind: string;
  readonly key: readonly string[];
  readonly revision: number;
}
interface StoredCommit {
  readonly team: string;
  readonly seq: number;
  readonly operation: string;
  readonly touched: readonly StoredTouch[];
}

function touchOf({ kind: stored, key, revision }: StoredTouch): readonly Touch[] {
  const kind = KINDS.get(stored);
  if (kind === undefined) return [];
  const project = kind === 'PROJECT' || key.length > 2 ? (key[1] ?? null) : null;
  return [{ kind, project, name: key.at(-1) ?? '', revision }];
}

async function logOf(db: Db, team: string): Promise<readonly LogEntry[]> {
  const found = await db.collection<StoredCommit>('commits').find({ team }).sort({ seq: 1 }).toArray();
  return found.map(({ seq, operation: what, touched }) => ({
    seq,
    operation: what,
    touched: touched.flatMap(touchOf),
  }));
}

/** The logs of teams as the database holds them, past the gateways. */
export async function readLogs(url: string, database: string, teams: readonly string[]) {
  const client = new MongoClient(url);
  try {
    const logs = new Map<string, readonly LogEntry[]>();
    for (const team of teams) logs.set(team, await logOf(client.db(database), team));
    return logs;
  } finally {
    await client.close();
  }
}
