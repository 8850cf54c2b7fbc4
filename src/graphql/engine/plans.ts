import type { GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Limits } from '../../kernel/limits.ts';
import type { Context } from '../types/context.ts';
import { SMALL_ANSWER } from './answer-meter.ts';
import type { Given } from './answers.ts';
import type { WriteData } from './at-once.ts';
import type { Documents } from './documents.ts';
import { checkedCost, pointsOf } from './plugins/use-limits.ts';
import type { GraphqlRequest } from './request.ts';
import { coerceVariables, type Variables } from './variables.ts';
import { latin1Of } from './write-answer.ts';

/** A query that passed all that does not depend on who asks, and can be answered within a turn. */
export interface Plan {
  /** What it costs whoever asks. */
  readonly points: number;
  /** The answer; null: the usual way is to give one, or to say why there is none. The context is good for nothing else afterwards. */
  make(context: object): Given | null;
}

type Asked = Pick<GraphqlRequest, 'query' | 'variables' | 'operationName'>;

/** Requests that were understood, by their bytes: each is parsed, judged and coerced once while it is asked again. */
export interface Plans {
  /** Of one that is known. */
  find(body: Uint8Array): Plan | null;
  /** Of one that was parsed, to be known from now on; null: it takes the usual way. Refuses nothing. */
  make(asked: Asked, body: Uint8Array | null): Plan | null;
}

interface Deps {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly limits: Limits;
  /** Of memory for what is known; 0 knows nothing. */
  readonly maxBytes: number;
}

/** Larger ones are parsed each time. */
const MAX_BODY_BYTES = 2_048;
/** Of one that is known, beside its bytes, which stand in its variables once more and two bytes a character. */
const PLAN_BYTES = 700;

export function createPlans({ schema, documents, limits, maxBytes }: Deps): Plans {
  const known =
    maxBytes === 0
      ? null
      : new LRUCache<string, Plan>({ maxSize: maxBytes, sizeCalculation: (_plan, key) => PLAN_BYTES + 4 * key.length });

  function planOf({ query, variables: given, operationName }: Asked): Plan | null {
    // A new one is parsed the usual way, which has a point paid first.
    const operation = documents.known(query, operationName);
    const write = operation?.writes() ?? null;
    if (operation === null || write === null) return null;
    const coerced = coerceVariables(schema, operation.node.variableDefinitions ?? [], given, limits.errors);
    if (!coerced.ok) return null;
    const points = 1 + pointsOf(checkedCost(operation, coerced.values, schema, limits));
    return new WritingPlan(points, operation.name, write, coerced.values);
  }

  return {
    find: (body) => (body.length > MAX_BODY_BYTES ? null : (known?.get(keyOf(body)) ?? null)),
    make(asked, body) {
      const plan = orNull(() => planOf(asked));
      if (plan && body && body.length <= MAX_BODY_BYTES) known?.set(keyOf(body), plan);
      return plan;
    },
  };
}

const keyOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');

/** What is refused is for the usual way to refuse. */
function orNull<T>(make: () => T | null): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

class WritingPlan implements Plan {
  readonly points: number;
  readonly #operationName: string | null;
  readonly #write: WriteData;
  readonly #variables: Variables;

  constructor(points: number, operationName: string | null, write: WriteData, variables: Variables) {
    this.points = points;
    this.#operationName = operationName;
    this.#write = write;
    this.#variables = variables;
  }

  make(context: object): Given | null {
    return orNull(() => this.#made(context as Context));
  }

  #made(context: Context): Given | null {
    // What a gateway may ask for itself is judged elsewhere.
    if (context.session.principal.kind === 'gateway') return null;
    const data = this.#write(this.#variables, context);
    if (data === null || !context.isRepeatable()) return null;
    const latin1 = latin1Of(`{"data":${data}}`);
    // What is larger takes room among the answers in flight while it is made.
    if (latin1.length > SMALL_ANSWER) return null;
    return { status: 200, latin1, operationName: this.#operationName, shown: context.notes.shown };
  }
}
