import type { Transport } from './stream-connections.ts';
import { CHANGES, ENVIRONMENT_CHANGED, GLOBALS_CHANGED } from './stream-queries.ts';
import type { Random } from './stream-random.ts';
import type { Plan } from './stream-subscriber.ts';
import type { Follows, Viewer } from './stream-viewers.ts';
import { GLOBALS, PROJECTS, SERVICES, type Send, type Team } from './stream-world.ts';

/** A subscriber to be, with what is needed to judge it. */
export interface Member {
  readonly team: Team;
  readonly plan: Plan;
  readonly judged:
    | { readonly by: 'commits'; readonly viewer: Viewer; readonly follows: Follows }
    | { readonly by: 'environment'; readonly project: string; readonly service: string };
}

const TRANSPORTS: readonly Transport[] = ['socket', 'socket', 'events', 'slow'];
const KINDS = [['SECRET_GROUP'], ['SERVICE', 'JOB'], ['TAG', 'TOKEN', 'ROLE', 'PROJECT'], ['GLOBAL_SECRET']];

interface Holder {
  readonly viewer: Viewer;
  readonly token: string;
}

/** Tokens of viewers, one each; `revoked` are those that will be. */
export interface Holders {
  readonly all: readonly Holder[];
  readonly dependents: ReadonlyMap<string, string>;
  /** Global ids of the tokens to revoke. */
  readonly revocable: readonly string[];
}

async function aToken(team: Team, role: string, send: Send, over: object = {}) {
  const input = { name: role, kind: 'MACHINE', role, ...over };
  const made = await send(team, 'createToken', input, 'token { id } text');
  if (!made) throw new Error('createToken failed');
  const id: string = made.token.id;
  return { id, text: made.text as string, name: Buffer.from(id, 'base64').toString().split(':')[1] ?? '' };
}

export async function aTeamsHolders(team: Team, revoked: number, send: Send): Promise<Holders> {
  const all: Holder[] = [{ viewer: { role: 'owner' }, token: team.owner }];
  for (const role of ['wide', 'limited', 'narrowing'] as const) {
    all.push({ viewer: { role }, token: (await aToken(team, role, send)).text });
  }
  const revocable: string[] = [];
  for (let i = 0; i < revoked; i += 1) {
    const { id, text, name } = await aToken(team, 'wide', send);
    revocable.push(id);
    all.push({ viewer: { role: 'revoked', token: name }, token: text });
  }
  const dependents = new Map<string, string>();
  for (const project of PROJECTS) {
    for (const id of SERVICES) {
      const workload = { project, kind: 'SERVICE', id };
      const { text } = await aToken(team, 'dependent', send, { kind: 'DEPENDENT', workload });
      dependents.set(`${project}/${id}`, text);
    }
  }
  return { all, dependents, revocable };
}

interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly token: string;
  readonly judged: Member['judged'];
}

function anEnvironment(team: Team, { dependents }: Holders, random: Random): Asked {
  const [project, service] = [random.pick(PROJECTS), random.pick(SERVICES)];
  const own = dependents.get(`${project}/${service}`) ?? '';
  const token = random.chance(0.5) ? own : team.owner;
  return {
    query: ENVIRONMENT_CHANGED,
    variables: { project, service },
    token,
    judged: { by: 'environment', project, service },
  };
}

function someGlobals(team: Team, random: Random): Asked {
  const name = random.chance(0.5) ? random.pick(GLOBALS) : null;
  return {
    query: GLOBALS_CHANGED,
    variables: name === null ? {} : { slug: name },
    token: team.owner,
    judged: {
      by: 'commits',
      viewer: { role: 'owner' },
      follows: { stream: 'globals', project: null, kinds: null, name },
    },
  };
}

function someChanges({ all }: Holders, random: Random): Asked {
  const { viewer, token } = random.pick(all);
  // Whoever may not see a project is refused before anything is told.
  const projects = viewer.role === 'limited' || viewer.role === 'narrowing' ? ['p-one'] : PROJECTS;
  const project = random.chance(0.4) ? random.pick(projects) : null;
  const kinds = random.chance(0.3) ? random.pick(KINDS) : null;
  const variables = { ...(project === null ? {} : { project }), ...(kinds === null ? {} : { kinds }) };
  const follows: Follows = { stream: 'changes', project, kinds, name: null };
  return { query: CHANGES, variables, token, judged: { by: 'commits', viewer, follows } };
}

/** Anyone who may listen. `least`: the team's last commit before. */
export function aMember(team: Team, holders: Holders, min: number, random: Random): Member {
  const chance = random.below(10);
  const asked =
    chance < 2
      ? anEnvironment(team, holders, random)
      : chance < 4
        ? someGlobals(team, random)
        : someChanges(holders, random);
  const { query, variables, token, judged } = asked;
  const transport = random.pick(TRANSPORTS);
  const viewer = judged.by === 'commits' ? judged.viewer.role : 'environment';
  const who = `${team.name} ${viewer} by ${transport} ${JSON.stringify(variables)}`;
  const begin = { min, max: Number.POSITIVE_INFINITY };
  return { team, judged, plan: { who, transport, token, query, variables, begin, after: null } };
}
