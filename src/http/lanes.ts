import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { createAnswers } from '../graphql/engine/answers.ts';
import { createDocuments } from '../graphql/engine/documents.ts';
import { createGraphql, type Graphql } from '../graphql/engine/execute.ts';
import type { Mask } from '../graphql/engine/mask-error.ts';
import { createPipeline } from '../graphql/engine/pipeline.ts';
import { createPlans, type Plans } from '../graphql/engine/plans.ts';
import { createInFlight } from '../kernel/in-flight.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Log } from '../kernel/log.ts';
import { createPace } from '../kernel/pace.ts';
import type { TrustedProxies } from '../net/client-address.ts';
import type { RestRoute } from '../rest/route.ts';
import type { ContextFor, KnownCallers } from './caller.ts';
import { createConnectionLimits } from './connection-limits.ts';
import { createDeadlines } from './deadline.ts';
import { createEventStreams } from './events.ts';
import { createGraphqlRoute, type Route } from './graphql-route.ts';
import { createKeptLane, type KeptLane } from './kept-lane.ts';
import { createRates, type Rates } from './rates.ts';
import { createRestRoute } from './rest/serve.ts';
import { createSockets } from './sockets.ts';
import { createWrongTokens } from './wrong-tokens.ts';
import { createYogaLane } from './yoga.ts';

/** A schema, and who is let in to ask it. */
export interface GraphqlLane {
  readonly schema: GraphQLSchema;
  readonly contextFor: ContextFor;
  /** Absent: every caller has to be found out. */
  readonly known?: KnownCallers | undefined;
  /** Names of the mutations that carry files and so may have larger bodies. */
  readonly fileMutations: ReadonlySet<string>;
}

export interface LaneDeps extends GraphqlLane {
  readonly config: {
    readonly development: boolean;
    readonly limits: Limits;
    /** Bytes of responses to repeated queries; 0 keeps none. */
    readonly answerCacheBytes: number;
    /** Proxies whose word counts for where a request comes from. */
    readonly trustedProxies: TrustedProxies;
  };
  readonly log: Log;
  /** Every route under `/v1`. */
  readonly routes: readonly RestRoute[];
  /** What federation gateways may ask; absent: there are none. */
  readonly federation?: GraphqlLane | undefined;
  /** Of the Yoga and envelop world: they see every GraphQL request, next to the shipped ones. */
  readonly plugins?: readonly Plugin[];
}

export interface Lanes {
  /** By the path. */
  readonly graphql: ReadonlyMap<string, Route>;
  /** The short way of answers that are given again, by the path. */
  readonly kept: ReadonlyMap<string, KeptLane>;
  readonly rest: Route;
  readonly rates: Rates;
  /** Takes over a connection whose client asks for a WebSocket. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  /** Ends what stays open, so that clients come again elsewhere. */
  close(): void;
}

interface Engine {
  readonly graphql: Graphql;
  readonly plans: Plans;
}

/**
 * Who come at once to stay, as all do after a restart, are let in, signed in and begun with so many at a time, over WebSockets and as
 * server-sent events. Few enough that everybody else has a turn every few milliseconds, and enough that those who wait for a store
 * keep nobody waiting.
 */
const AT_ONCE = 16;
/** A part of what answers may take goes to knowing the requests. */
const PLANS = 8;
const PUBLIC = '/graphql';
const FEDERATION = '/federation';

/** All the ways into GraphQL, REST among them: one set of rules, one store of answers, one count of connections. */
export function createLanes(deps: LaneDeps, mask: Mask): Lanes {
  const { contextFor, config, federation, log } = deps;
  const { limits, development } = config;
  const planBytes = Math.floor(config.answerCacheBytes / PLANS);
  const answers = createAnswers(config.answerCacheBytes - planBytes);
  const inFlight = createInFlight(answersOf(limits));
  const bodies = createInFlight(bodiesOf(limits));
  const rates = createRates(limits);
  const events = createEventStreams(limits);
  const startDeadline = createDeadlines(limits.deadlineMs);
  const connections = createConnectionLimits(limits);
  const wrongTokens = createWrongTokens(limits);
  const pace = createPace({ atOnce: AT_ONCE });
  const shared = { inFlight, limits, startDeadline, connections, rates, wrongTokens, log, pace };

  function engineOf({ schema, fileMutations }: GraphqlLane, lane: string): Engine {
    const documents = createDocuments({ schema, limits, development });
    const plans = createPlans({ schema, documents, limits, maxBytes: planBytes });
    const pipeline = createPipeline({ schema, documents, mask, limits, fileMutations, plugins: deps.plugins ?? [] });
    const graphql = createGraphql({ pipeline, documents, mask, limits, fileMutations, answers, inFlight, lane });
    return { graphql, plans };
  }

  function keptOf({ graphql: { isExtended }, plans }: Engine, known: KnownCallers | undefined): KeptLane | null {
    // What plugins of others would see is not passed by them.
    if (isExtended || known === undefined || config.answerCacheBytes === 0) return null;
    return createKeptLane({ known, answers, plans, bodies, inFlight, rates, limits });
  }

  function laneOf(engine: Engine, own: Pick<GraphqlLane, 'contextFor' | 'known'>, path: string, explored: boolean) {
    const { graphql, plans } = engine;
    const all = { ...shared, graphql, contextFor: own.contextFor };
    const yoga = createYogaLane(explored);
    return {
      path,
      kept: keptOf(engine, own.known),
      route: createGraphqlRoute({ ...all, plans, bodies, yoga, events, answers, development: explored }),
      sockets: createSockets({ ...all, path, mask, proxies: config.trustedProxies }),
    };
  }

  const engine = engineOf(deps, PUBLIC);
  const { graphql } = engine;
  const main = laneOf(engine, deps, PUBLIC, development);
  const others = federation ? [laneOf(engineOf(federation, FEDERATION), federation, FEDERATION, false)] : [];
  const lanes = [main, ...others];
  return {
    graphql: new Map(lanes.map(({ path, route }) => [path, route])),
    kept: new Map(lanes.flatMap(({ path, kept }) => (kept ? [[path, kept]] : []))),
    rest: createRestRoute({ ...shared, graphql, answers, contextFor, bodies, mask, routes: deps.routes }),
    rates,
    upgrade(request, stream, head) {
      const { sockets } = others.find((each) => each.sockets.takes(request.url ?? '')) ?? main;
      sockets.upgrade(request, stream, head);
    },
    close() {
      for (const { sockets } of lanes) sockets.close();
      events.close();
    },
  };
}

const answersOf = (limits: Limits): Parameters<typeof createInFlight>[0] => ({
  noun: 'The answers',
  perPrincipal: limits.answerBytesPerPrincipal,
  inAll: limits.answerBytesInFlight,
  settings: ['KEYLOOM_LIMIT_ANSWER_BYTES_PER_PRINCIPAL', 'KEYLOOM_LIMIT_ANSWER_BYTES_IN_FLIGHT'],
});

const bodiesOf = (limits: Limits): Parameters<typeof createInFlight>[0] => ({
  noun: 'The bodies',
  perPrincipal: limits.bodyBytesPerPrincipal,
  inAll: limits.bodyBytesInFlight,
  settings: ['KEYLOOM_LIMIT_BODY_BYTES_PER_PRINCIPAL', 'KEYLOOM_LIMIT_BODY_BYTES_IN_FLIGHT'],
});
