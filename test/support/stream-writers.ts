import type { Random } from './stream-random.ts';
import { type Group, PROJECTS, SERVICES, type Send, serviceInput, TAG, type Team } from './stream-world.ts';

type Act = (team: Team, random: Random, send: Send) => Promise<unknown>;

const value = (random: Random): string => `v${random.below(5)}`;
const variable = (random: Random): string => `V_${random.below(8)}`;
const aGroup = ({ groups }: Team, random: Random): Group => random.pick(groups);
const number = (random: Random): number => random.below(1_000_000_000);

const scratchGroup = (project: string, name: string) => ({
  project,
  name,
  secretType: 'ENVIRONMENT',
  priority: 50,
  type: name.startsWith('Secret') ? 'SECRET' : 'CONFIG',
  variables: [{ name: 'SCRATCH', value: 'x' }],
});

/** What a writer may do next, with how often. All of it is valid; what fails because another was first does no harm. */
const ACTS: readonly (readonly [times: number, act: Act])[] = [
  [
    12,
    (team, random, send) =>
      send(team, 'setSecretGroupVariable', {
        id: aGroup(team, random).id,
        name: variable(random),
        value: value(random),
      }),
  ],
  [
    4,
    (team, random, send) =>
      send(team, 'unsetSecretGroupVariable', { id: aGroup(team, random).id, name: variable(random) }),
  ],
  [
    2,
    (team, random, send) => send(team, 'updateSecretGroup', { id: aGroup(team, random).id, priority: random.below(9) }),
  ],
  [
    2,
    (team, random, send) => {
      const { id } = random.pick(team.groups.filter(({ slug }) => slug.startsWith('changing')));
      return send(team, 'updateSecretGroup', { id, type: random.pick(['SECRET', 'CONFIG']) });
    },
  ],
  [
    4,
    (team, random, send) => {
      const tags = random.chance(0.5) ? [TAG] : [];
      return send(team, 'putService', serviceInput(random.pick(PROJECTS), random.pick(SERVICES), tags, value(random)));
    },
  ],
  [
    2,
    (team, random, send) =>
      send(team, 'putJob', { project: random.pick(PROJECTS), id: `job-${random.below(3)}`, name: 'Some Job' }),
  ],
  [
    1,
    (team, random, send) => send(team, 'deleteJob', { project: random.pick(PROJECTS), id: `job-${random.below(3)}` }),
  ],
  [
    3,
    (team, random, send) => {
      const values = { host: value(random), port: random.below(3) };
      return send(team, 'updateGlobalSecret', { id: random.pick(team.globals).id, values });
    },
  ],
  [
    2,
    async (team, random, send) => {
      const name = `${random.pick(['Config', 'Secret'])} Scratch ${number(random)}`;
      const input = scratchGroup(random.pick(PROJECTS), name);
      const made = await send(team, 'createSecretGroup', input, 'secretGroup { id }');
      if (made) await send(team, 'deleteSecretGroup', { id: made.secretGroup.id });
    },
  ],
  [
    1,
    async (team, random, send) => {
      const input = { name: `Scratch ${number(random)}`, type: 'SECRET', values: { a: 1 } };
      const made = await send(team, 'createGlobalSecret', input, 'globalSecret { id }');
      if (made) await send(team, 'deleteGlobalSecret', { id: made.globalSecret.id, force: true });
    },
  ],
  [
    1,
    async (team, random, send) => {
      const made = await send(team, 'createTag', { name: `tag-${number(random)}` }, 'tag { id }');
      if (made && random.chance(0.5)) await send(team, 'deleteTag', { id: made.tag.id });
    },
  ],
  [
    1,
    async (team, _random, send) => {
      const input = { name: 'scratch', kind: 'MACHINE', role: 'reader' };
      const made = await send(team, 'createToken', input, 'token { id }');
      if (made) await send(team, 'revokeToken', { id: made.token.id });
    },
  ],
  [
    1,
    async (team, random, send) => {
      const name = `Scratch ${number(random)}`;
      const made = await send(team, 'createProject', { name }, 'project { id slug }');
      if (!made) return;
      await send(team, 'createSecretGroup', scratchGroup(made.project.slug, 'Config Inside'));
      if (random.chance(0.7)) await send(team, 'deleteProject', { id: made.project.id });
    },
  ],
];

const WEIGHTED = ACTS.flatMap(([times, act]) => Array.from({ length: times }, () => act));

/** Writes one thing after another until told to stop. */
export async function write(teams: readonly Team[], random: Random, send: Send, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await random.pick(WEIGHTED)(random.pick(teams), random, send);
    await new Promise((done) => setTimeout(done, random.between(0, 40)));
  }
}

/** One last change of everything that anyone follows, that of all workloads last. Answers whether all of it was made. */
export async function writeLast(team: Team, mark: string, send: Send): Promise<boolean> {
  const made: unknown[] = [];
  for (const { id } of team.globals) {
    made.push(await send(team, 'updateGlobalSecret', { id, values: { host: mark, port: 1 } }));
  }
  for (const project of PROJECTS) {
    const group = team.groups.find((each) => each.project === project && each.slug === 'config-plain');
    for (const id of SERVICES) made.push(await send(team, 'putService', serviceInput(project, id, [], mark)));
    made.push(await send(team, 'setSecretGroupVariable', { id: group?.id, name: 'LAST', value: mark }));
  }
  return made.every((each) => each !== null);
}
