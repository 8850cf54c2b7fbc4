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
import { PROJECTS, SERVICES, type Team } from './stream-world.ts';

type Logs = ReadonlyMap<string, readonly LogEntry[]>;
type States = ReadonlyMap<string, readonly EnvironmentState[]>;

/** What is wrong, by who was told it; nothing, if nothing. */
export type Verdicts = Readonly<Record<string, readonly string[]>>;

/** As many commits as wait before a stream of what a workload gets leaves some out. */
const STORM = 32;
const AT_ONCE = 8;
const ATTEMPTS = 5;

interface Shown {
  readonly name: string;
  readonly value: string;
  readonly type: string;
}

const nameOf = (team: string, project: string, service: string): string => `${team} ${project}/${service}`;

/** Commits that can change what workloads of a project get. */
const concerning = (log: readonly LogEntry[], project: string): readonly LogEntry[] =>
  log.filter(({ touched }) => touched.some((touch) => touch.kind === 'GLOBAL_SECRET' || touch.project === project));

/** The last commit that a member has to be told of; 0: none since it began. */
export function lastSeq({ team, judged, plan }: Member, logs: Logs): number {
  const log = (logs.get(team.name) ?? []).filter(({ seq }) => seq > plan.begin.least);
  // Every workload is written to at the very end.
  if (judged.by === 'environment') return concerning(log, judged.project).at(-1)?.seq ?? 0;
  return lastDue(log, dueOf(judged.viewer, judged.follows, log));
}

/** null: it was not there yet. */
async function stateAt(url: string, owner: string, project: string, service: string, seq: number) {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await ask(url, owner, ENVIRONMENT, { project, service, at: seq });
    const found = answer?.data?.project?.service?.environment;
    if (found) {
      const variables = found.variables.map(({ name, value, type }: Shown) => [name, JSON.stringify([value, type])]);
      return { seq, digest: found.digest, variables: new Map<string, string>(variables) };
    }
    const codes: readonly string[] =
      answer?.errors?.map(({ extensions }: { extensions: { code: string } }) => extensions.code) ?? [];
    if (codes.includes('NOT_FOUND')) return null;
    if (attempt === ATTEMPTS) throw new Error(`${project}/${service} at ${seq}: ${JSON.stringify(answer)}`);
  }
}

/** What every workload got after each commit, asked of the past. */
export async function statesOf(teams: readonly Team[], logs: Logs, urls: readonly string[]): Promise<States> {
  const states = new Map<string, readonly EnvironmentState[]>();
  for (const { name, owner } of teams) {
    for (const project of PROJECTS) {
      const seqs = concerning(logs.get(name) ?? [], project).map(({ seq }) => seq);
      for (const service of SERVICES) {
        const found: EnvironmentState[] = [];
        for (let from = 0; from < seqs.length; from += AT_ONCE) {
          const some = seqs.slice(from, from + AT_ONCE);
          const answers = await Promise.all(
            some.map((seq, i) => stateAt(urls[i % urls.length] ?? '', owner, project, service, seq)),
          );
          // Nothing before it was made.
          found.push(...answers.filter((answer) => answer !== null));
        }
        states.set(nameOf(name, project, service), found);
      }
    }
  }
  return states;
}

function wrongs({ team, judged, plan }: Member, { told, strange, endings }: Subscriber, logs: Logs, states: States) {
  const log = logs.get(team.name) ?? [];
  const most = Math.min(plan.begin.most, told[0]?.seq ?? Number.POSITIVE_INFINITY);
  const begin = { least: plan.begin.least, most };
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
