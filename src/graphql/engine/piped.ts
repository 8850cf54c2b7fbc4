import type { Delivery } from '../../streams/subscriber.ts';
import type { Operation, Prepared } from './documents.ts';
import type { GraphqlRequest } from './request.ts';

/** What the plugins of the pipeline know of the request that they see, next to the resolvers' context. */
export interface Piped {
  readonly request: GraphqlRequest;
  prepared?: Prepared;
  /** Of a document that passed every check. */
  operation?: Operation;
  /** Coerced. */
  variables?: Record<string, unknown>;
  /** Where the events of a stream stand and what they show, in the order of its results: for whoever sends them. */
  told?: Pick<Delivery, 'cursor' | 'shown'>[];
}

/** Not among the resolvers' own names: what a plugin puts into the context is its own. */
const PIPED = Symbol('request');

interface WithPiped {
  [PIPED]?: Piped;
}

export function pipe(context: object, request: GraphqlRequest): void {
  (context as WithPiped)[PIPED] = { request };
}

export function pipedOf(context: unknown): Piped {
  const piped = (context as WithPiped)[PIPED];
  if (piped === undefined) throw new Error('The context of a request is missing');
  return piped;
}

/** Several errors before anything ran. */
export class Refused extends Error {
  readonly errors: readonly unknown[];
  constructor(errors: readonly unknown[]) {
    super('The request is refused');
    this.errors = errors;
  }
}
