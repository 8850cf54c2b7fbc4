import { setTimeout as sleep } from 'node:timers/promises';
import { type Data, type StreamConnection, TRANSPORTS, type Transport } from './stream-connections.ts';
import type { Begin, ToldCommit, ToldEnvironment, Touch } from './stream-history.ts';
import type { Random } from './stream-random.ts';

/** What one subscriber follows. */
export interface Plan {
  /** For people who read a failure. */
  readonly who: string;
  readonly transport: Transport;
  readonly token: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly begin: Begin;
  /** Goes on from here; null: from now. */
  readonly after: string | null;
}

export type Told = { readonly cursor: string; readonly __typename: string } & (ToldCommit | ToldEnvironment);

export interface Subscriber {
  readonly plan: Plan;
  readonly told: readonly Told[];
  /** Why connections ended by themselves, and how often. */
  readonly endings: ReadonlyMap<string, number>;
  /** What came that is no event. */
  readonly strange: readonly string[];
  readonly connections: () => number;
  stop(): Promise<void>;
}

/** How subscribers behave at the moment; the test changes it. */
export interface Weather {
  readonly urls: readonly string[];
  /** Whether subscribers leave for no reason. */
  restless: boolean;
}

const touchOf = ({ kind, project, name, revision }: Touch): Touch => ({ kind, project, name, revision });

/** As little as the checker needs of an event. */
function recorded(event: Data): Told {
  const { __typename, cursor, seq } = event;
  if (__typename !== 'EnvironmentEvent') {
    return { __typename, cursor, seq, operation: event.operation ?? null, changes: event.changes.map(touchOf) };
  }
  const { digest, variables, environment } = event;
  const shown: readonly Data[] | null = environment?.variables ?? null;
  const values =
    shown === null || shown.some(({ masked }) => masked)
      ? null
      : new Map(shown.map(({ name, value }) => [name, String(value)]));
  return { __typename, cursor, seq, digest, variables, values };
}

const EVENTS: readonly string[] = ['CommitEvent', 'GlobalSecretEvent', 'EnvironmentEvent'];

/** Listens, leaves, comes again at any gateway where it was, until it is stopped or its token is refused. */
export function startSubscriber(plan: Plan, weather: Weather, random: Random): Subscriber {
  const told: Told[] = [];
  const endings = new Map<string, number>();
  const strange: string[] = [];
  const stopping = new AbortController();
  let connections = 0;
  /** Since something came. */
  let failures = 0;
  let after = plan.after;

  function take(event: Data): void {
    if (!EVENTS.includes(event?.__typename)) {
      strange.push(JSON.stringify(event));
      return;
    }
    failures = 0;
    const one = recorded(event);
    told.push(one);
    after = one.cursor;
  }

  /** Whether to come again. */
  async function one(connection: StreamConnection): Promise<boolean> {
    const stopped = new AbortController();
    const life = weather.restless ? random.between(200, 8_000) : 2 ** 30;
    const signal = AbortSignal.any([stopping.signal, stopped.signal]);
    const why = await Promise.race([connection.ended, sleep(life, null, { signal }).catch(() => null)]);
    stopped.abort();
    connection.drop();
    if (why === null) return true;
    endings.set(why, (endings.get(why) ?? 0) + 1);
    failures += 1;
    return !/^(close 4403|errors FORBIDDEN|status 401)$/.test(why);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      connections += 1;
      const { token, query, variables, transport } = plan;
      const where = { url: random.pick(weather.urls), token, query, variables, after };
      if (!(await one(TRANSPORTS[transport](where, take, random)))) return;
      await sleep(random.between(0, 500 * 2 ** Math.min(failures, 3)), null, { signal: stopping.signal }).catch(
        () => {},
      );
    }
  }

  const running = run();
  return {
    plan,
    told,
    endings,
    strange,
    connections: () => connections,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
