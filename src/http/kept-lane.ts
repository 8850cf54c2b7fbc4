import type { Answers, Given } from '../graphql/engine/answers.ts';
import type { Plans } from '../graphql/engine/plans.ts';
import type { InFlight } from '../kernel/in-flight.ts';
import type { Limits } from '../kernel/limits.ts';
import { authorizationOf } from './authorization.ts';
import type { Known, KnownCallers } from './caller.ts';
import type { Exchange } from './exchange.ts';
import { give, isHeld } from './give.ts';
import { plainHeadersOf } from './plain-headers.ts';
import type { Rates } from './rates.ts';

interface Deps {
  readonly known: KnownCallers;
  readonly answers: Answers;
  readonly plans: Plans;
  readonly bodies: InFlight;
  readonly inFlight: InFlight;
  readonly rates: Rates;
  readonly limits: Pick<Limits, 'bodyBytes'>;
}

/**
 * Gives a kept answer again within the turn in which its request arrived, or one that can be made within it, without a promise; false:
 * it did nothing, and the request has to go the usual way. It never refuses anything: whatever is not plainly in order is for the usual
 * way to judge.
 */
export type KeptLane = (exchange: Exchange) => boolean;

export function createKeptLane({ known, answers, plans, bodies, inFlight, rates, limits }: Deps): KeptLane {
  /** Of a request that is known, and keeps it. */
  function made(caller: Known, body: Uint8Array, from: object): Given | null {
    const plan = plans.find(body);
    const context = plan && rates.hasNow(caller.principal, plan.points) ? (known.atOnce?.(caller) ?? null) : null;
    const given = context && plan ? plan.make(context) : null;
    if (given === null || plan === null) return null;
    rates.takeNow(caller.principal, plan.points);
    answers.keep(caller.stamp, body, given, from);
    return given;
  }

  return (exchange) => {
    const { request } = exchange;
    const plain = plainHeadersOf(request.rawHeaders);
    if (plain === null || plain.length === 0 || plain.length > limits.bodyBytes) return false;
    // A body that is still coming takes time, which the usual way counts.
    if (request.readableLength !== plain.length || exchange.response.destroyed) return false;
    const caller = callerOf(known, exchange);
    if (caller === null) return false;
    const { principal, stamp } = caller;
    if (!bodies.hasRoom(principal.id, plain.length)) return false;
    // Whoever is let in may have their body read.
    const body = request.read() as Buffer;
    exchange.body = body;
    const given = answers.find(stamp, body, request.socket) ?? made(caller, body, request.socket);
    if (given === null || (isHeld(given) && !inFlight.hasRoom(principal.id, given.latin1.length))) return false;
    exchange.headers = rates.headers(principal);
    give(exchange, given, plain.readsGraphql, inFlight, principal.id);
    return true;
  };
}

/** null: unknown, or refused, for reasons that the usual way says. */
function callerOf(known: KnownCallers, { request, client }: Exchange): Known | null {
  try {
    const { rawHeaders } = request;
    return known.find(authorizationOf(rawHeaders), rawHeaders, client);
  } catch {
    return null;
  }
}
