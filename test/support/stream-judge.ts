import { ask } from './built.ts';
import { ENVIRONMENT } from './makers.ts';
import type { Member } from './stream-crowd.ts';
import {
  checkCommits,
  checkEnvironment,
  type EnvironmentState,
  type LogEntry,
  lastDue,
  type ToldCommit,
  type ToldEnvironment,
} from './stream-history.ts';
import type { Subscriber } from './stream-subscriber.ts';
import { dueOf } from './stream-viewers.ts';
import { type Answer, PROJECTS, SERVICES, type Team } from './stream-world.ts';

type Logs = ReadonlyMap<string, readonly LogEntry[]>;
type States = ReadonlyMap<string, readonly EnvironmentState[]>;

/** What is wrong, by who was told it; nothing, if nothing. */
export type Verdicts = Readonly<Record<string, readonly string[]>>;

/** As many commits as wait before a stream of what a workload gets leaves some out. */
const STORM = 32;
const AT_ONCE = 8;
const ATTEMPTS = 5;

const nameOf = (team: string, project: string, service: string): string => `${team} ${project}/${service}`;

/** Commits that can change what workloads of a project get. */
const concerning = (log: readonly LogEntry[], project: string): readonly LogEntry[] =>
  log.filter(({ touched }) => touched.some((touch) => touch.kind === 'GLOBAL_SECRET' || touch.project === project));

/** The last commit that a member has to be told of; 0: none since it began. */
export function lastSeq({ team, judged, plan }: Member, logs: Logs): number {
  const log = (logs.get(team.name) ?? []).filter(({ seq }) => seq > plan.begin.min);
  // Every workload is written to at the very end.
  if (judged.by === 'environment') return concerning(log, judged.project).at(-1)?.seq ?? 0;
  return lastDue(log, dueOf(judged.viewer, judged.follows, log));
}

/** How to ask a team: of any gateway. */
type Question = (query: string, variables: object) => Promise<Answer>;

/** Asks again while gateways are busy. */
const questionTo =
  (urls: readonly string[], owner: string): Question =>
  async (query, variables) => {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await ask(urls[attempt % urls.length] ?? '', owner, query, variables);
      const codes: readonly string[] = answer?.errors?.map((error: Answer) => error.extensions.code) ?? [];
      if (answer?.data && codes.length === 0) return answer.data;
      if (codes.includes('NOT_FOUND')) return null;
      if (attempt === ATTEMPTS) throw new Error(JSON.stringify({ variables, answer }));
    }
  };

function stateOf(found: Answer, seq: number): EnvironmentState {
  const variables: readonly Answer[] = found.variables;
  return {
    seq,
    digest: found.digest,
    facts: new Map(variables.map((each) => [each.name, JSON.stringify([each.value])])),
    values: new Map(variables.map(({ name, value }) => [name, String(value)])),
  };
}

/** What every workload got after each commit, asked of the past. */
export async function statesOf(teams: readonly Team[], logs: Logs, urls: readonly string[]): Promise<States> {
  const states = new Map<string, readonly EnvironmentState[]>();
  for (const team of teams) {
    const question = questionTo(urls, team.owner);
    for (const [project, service] of PROJECTS.flatMap((each) => SERVICES.map((id) => [each, id] as const))) {
      const seqs = concerning(logs.get(team.name) ?? [], project).map(({ seq }) => seq);
      const found: EnvironmentState[] = [];
      for (let from = 0; from < seqs.length; from += AT_ONCE) {
        const one = async (seq: number): Promise<readonly EnvironmentState[]> => {
          const data = await question(ENVIRONMENT, { project, service, at: seq });
          const environment = data?.project?.service?.environment;
          // Nothing before it was made.
          return environment ? [stateOf(environment, seq)] : [];
        };
        found.push(...(await Promise.all(seqs.slice(from, from + AT_ONCE).map(one))).flat());
      }
      states.set(nameOf(team.name, project, service), found);
    }
  }
  return states;
}

function wrongs({ team, judged, plan }: Member, { told, strange, endings }: Subscriber, logs: Logs, states: States) {
  const log = logs.get(team.name) ?? [];
  const max = Math.min(plan.begin.max, told[0]?.seq ?? Number.POSITIVE_INFINITY);
  const begin = { min: plan.begin.min, max };
  const isRevoked = judged.by === 'commits' && judged.viewer.role === 'revoked';
  const refusals = [...endings.keys()].filter((why) => !(isRevoked ? MAY_END_REVOKED : MAY_END).test(why));
  const judgement =
    judged.by === 'environment'
      ? checkEnvironment({
          begin,
          told: told as unknown as readonly ToldEnvironment[],
          states: states.get(nameOf(team.name, judged.project, judged.service)) ?? [],
          storm: STORM,
        })
      : checkCommits(log, {
          begin,
          told: told as unknown as readonly ToldCommit[],
          due: dueOf(judged.viewer, judged.follows, log),
          isWhole: !isRevoked,
        });
  return [...judgement, ...strange.map((each) => `strange: ${each}`), ...refusals.map((why) => `ended: ${why}`)];
}

/** How a connection may end by itself while gateways are killed: with nothing, or with a word to come again. */
const MAY_END = /^(close (1001|1006|1013|4413)|network|status 503|errors UNAVAILABLE)$/;
const MAY_END_REVOKED = /^(close (1001|1006|1013|4413|4403)|network|status (503|401)|errors (UNAVAILABLE|FORBIDDEN))$/;

/** Judges all. */
export function judge(
  all: readonly { readonly member: Member; readonly subscriber: Subscriber }[],
  logs: Logs,
  states: States,
): Verdicts {
  const verdicts = all.map(({ member, subscriber }, i): [string, readonly string[]] => [
    `${i} ${member.plan.who}`,
    wrongs(member, subscriber, logs, states),
  ]);
  return Object.fromEntries(verdicts.filter(([, found]) => found.length > 0).slice(0, 5));
}
