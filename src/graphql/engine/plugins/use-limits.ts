import type { GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { AppError } from '../../../kernel/errors.ts';
import type { Limits } from '../../../kernel/limits.ts';
import { turn } from '../../../kernel/turn.ts';
import type { Operation } from '../documents.ts';
import { costOf, tooDear } from '../limits.ts';
import { type Piped, pipedOf, Refused } from '../piped.ts';
import type { GraphqlRequest } from '../request.ts';
import { coerceVariables, type Variables } from '../variables.ts';

interface Deps {
  readonly schema: GraphQLSchema;
  readonly limits: Limits;
  /** Mutations whose bodies may be larger. */
  readonly fileMutations: ReadonlySet<string>;
}

/** Requests up to here are judged in one go. */
export const SHORT_BYTES = 65_536;

/** So much of the cost is worth a point. */
const COST_OF_A_POINT = 100;

/** Everything that is judged by the operation and its variables before it runs, and what it costs whoever asks. */
export function useLimits({ schema, limits, fileMutations }: Deps): Plugin {
  return {
    // Waits for nothing unless there is something to pay: most requests cost no more than their first point.
    onContextBuilding({ context }) {
      const piped = pipedOf(context);
      const { request, operation } = piped;
      if (operation === undefined) return undefined;
      checkRequest(request, operation, limits, fileMutations);
      const judge = (): Promise<void> | undefined => judged(piped, operation);
      // What is long is judged in pieces, each in a turn of its own: before, and after, when its rules are next.
      return request.bytes > SHORT_BYTES ? turn().then(judge).then(turn) : judge();
    },
  };

  function judged(piped: Piped, operation: Operation): Promise<void> | undefined {
    const { request } = piped;
    const definitions = operation.node.variableDefinitions ?? [];
    const coerced = coerceVariables(schema, definitions, request.variables, limits.errors);
    if (!coerced.ok) throw new Refused(coerced.errors);
    piped.variables = coerced.values;
    const cost = checkedCost(operation, coerced.values, schema, limits);
    const points = pointsOf(cost);
    return request.charge && points > 0 ? request.charge(points) : undefined;
  }
}

function checkRequest(
  { method, bytes }: GraphqlRequest,
  operation: Operation,
  { bodyBytes }: Limits,
  fileMutations: ReadonlySet<string>,
): void {
  if (operation.node.operation === 'mutation' && method === 'GET') {
    throw new AppError('METHOD_NOT_ALLOWED', 'Mutations are sent by POST');
  }
  if (bytes <= bodyBytes || carriesFiles(operation, fileMutations)) return;
  throw new AppError('TOO_LARGE', `The body is larger than ${bodyBytes} bytes (KEYLOOM_LIMIT_BODY_BYTES)`);
}

/** Whether the operation does nothing but write what may hold files. */
export const carriesFiles = ({ node, rootFields }: Operation, fileMutations: ReadonlySet<string>): boolean =>
  node.operation === 'mutation' && [...rootFields].every((name) => fileMutations.has(name));

/** What a cost is worth beyond the first point, which every request pays. */
export const pointsOf = (cost: number): number => Math.floor(cost / COST_OF_A_POINT);

/** Costs of an operation that were counted, by the sizes that its variables gave. */
const counted = new WeakMap<Operation, Map<string, number>>();
const MAX_COUNTED = 32;

export function checkedCost(operation: Operation, variables: Variables, schema: GraphQLSchema, limits: Limits): number {
  if (operation.sizeVariables.size === 0) return operation.cost;
  const known = counted.get(operation) ?? new Map<string, number>();
  counted.set(operation, known);
  let sizes = '';
  for (const name of operation.sizeVariables) sizes += `${sizeIn(variables[name])} `;
  const cost = known.get(sizes) ?? costOf(operation.document, operation.node, variables, schema);
  if (!(cost <= limits.cost)) throw new AppError('BAD_REQUEST', tooDear(cost, limits.cost));
  if (known.size < MAX_COUNTED) known.set(sizes, cost);
  return cost;
}

/** All that the cost takes of a variable: what it says, or how many it asks for. */
const sizeIn = (given: unknown): string =>
  Array.isArray(given) ? `of ${given.length}` : typeof given === 'number' ? String(given) : '';
