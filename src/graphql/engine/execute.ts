import { type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { AppError } from '../../kernel/errors.ts';
import type { InFlight } from '../../kernel/in-flight.ts';
import type { Limits } from '../../kernel/limits.ts';
import { createAnswerMeter, type Metered } from './answer-meter.ts';
import type { Answers } from './answers.ts';
import type { Documents, Operation } from './documents.ts';
import { costOf, tooDear } from './limits.ts';
import type { Mask } from './mask-error.ts';
import { statusOf } from './mask-error.ts';
import type { Body, GraphqlRequest } from './request.ts';
import { type Opened, openSource, type Source } from './source.ts';
import { coerceVariables, type Variables } from './variables.ts';
import { latin1Of, writeAnswer } from './write-answer.ts';

export interface Answer {
  readonly status: number;
  readonly body: Body;
  /** The same as it is sent: bytes of JSON, one character each. */
  readonly latin1: string;
  /** As the document names it; for logs. */
  readonly operationName: string | null;
  /** A query that met no trouble: the same request gets the same answer until something changes. */
  readonly repeatable: boolean;
}

export interface Graphql {
  /** Never rejects: every trouble is an answer. */
  answer(request: GraphqlRequest, context: object): Promise<Answer>;
  /** For a subscription a stream that is not yet begun, one answer for anything else. Never rejects. */
  stream(request: GraphqlRequest, context: object): Promise<Opened | Answer>;
  /** Whether a body above the usual limit may carry this operation; no for anything that is not in order. */
  mayCarryFiles(query: string, operationName: string | null): boolean;
  /** Puts what was thrown beside them into words. */
  refusal(error: unknown, request: GraphqlRequest): Answer;
}

interface Deps {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly mask: Mask;
  readonly limits: Limits;
  /** Mutations whose bodies may be larger. */
  readonly fileMutations: ReadonlySet<string>;
  readonly answers: Answers;
  /** What is held of answers while they are made. */
  readonly inFlight: InFlight;
}

/** The one set of rules between a parsed request and an answer, for every transport. */
export function createGraphql(deps: Deps): Graphql {
  const { schema, mask, answers } = deps;
  const refusal = (errors: readonly unknown[], { requestId }: GraphqlRequest): Answer => {
    const masked = mask.all(errors, requestId);
    const [first] = masked;
    const status = first === undefined ? 500 : statusOf(first);
    const body = { errors: masked };
    return { status, body, latin1: latin1Of(JSON.stringify(body)), operationName: null, repeatable: false };
  };
  const bodyOf = ({ data, errors }: ExecutionResult, { requestId }: GraphqlRequest): Body =>
    errors === undefined ? { data } : { data, errors: mask.all(errors, requestId) };

  const answerReady = async (ready: Ready, request: GraphqlRequest, context: object): Promise<Answer> => {
    if (ready.operation.node.operation === 'subscription') throw notAStream();
    const run = () => executeReady(schema, ready, request.variables, context);
    const { result, ...answered } = await metered(deps, context, run, (made) => bodyOf(made, request));
    const { name, node } = ready.operation;
    const repeatable = node.operation === 'query' && result.errors === undefined;
    return { status: 200, ...answered, operationName: name, repeatable };
  };

  const answer = async (request: GraphqlRequest, context: object): Promise<Answer> => {
    try {
      const ready = await admit(deps, request);
      if ('errors' in ready) return refusal(ready.errors, request);
      return await answerReady(ready, request, context);
    } catch (error) {
      return refusal([error], request);
    }
  };

  const stream = async (request: GraphqlRequest, context: object): Promise<Opened | Answer> => {
    try {
      const ready = await admit(deps, request);
      if ('errors' in ready) return refusal(ready.errors, request);
      if (ready.operation.node.operation !== 'subscription') return await answerReady(ready, request, context);
      const args = argumentsOf(schema, ready.operation, request.variables, context);
      const word: Source['word'] = async (viewer, run) => {
        try {
          const { result, latin1 } = await metered(deps, viewer, run, (made) => bodyOf(made, request));
          return { latin1, whole: result.errors === undefined };
        } catch (error) {
          return { latin1: refusal([error], request).latin1, whole: false };
        }
      };
      const source = await openSource({ args, operation: ready.operation, request, answers, word });
      return 'begin' in source ? source : refusal(source.errors ?? [], request);
    } catch (error) {
      return refusal([error], request);
    }
  };

  const mayCarryFiles = (query: string, operationName: string | null): boolean => {
    try {
      const prepared = deps.documents.prepare(query, operationName);
      return prepared.ok && carriesFiles(prepared.operation, deps.fileMutations);
    } catch {
      return false;
    }
  };

  return { answer, stream, mayCarryFiles, refusal: (error, request) => refusal([error], request) };
}

interface Written {
  readonly result: ExecutionResult;
  readonly body: Body;
  readonly latin1: string;
}

/** Makes an answer and writes it, as long as it is no larger than it may be and there is room for it. */
async function metered(
  { limits, inFlight }: Deps,
  context: Metered & { readonly session?: { readonly principal: { readonly id: string } } },
  run: () => ExecutionResult | Promise<ExecutionResult>,
  bodyOf: (result: ExecutionResult) => Body,
): Promise<Written> {
  const hold = inFlight.hold(context.session?.principal.id ?? '');
  const meter = createAnswerMeter(limits.answerBytes, hold);
  context.meter = meter;
  try {
    const result = await run();
    const refused = meter.refusal();
    if (refused) throw refused;
    const body = bodyOf(result);
    return { result, body, latin1: await writeAnswer(body, meter) };
  } finally {
    hold.release();
  }
}

/** So much of the cost is worth a point. */
const COST_OF_A_POINT = 100;

/** Takes what the request costs: a point before it is looked at, and the rest when its cost is known. */
async function admit(deps: Deps, request: GraphqlRequest): Promise<Prepared> {
  const { charge } = request;
  if (charge) await charge(1);
  const ready = prepare(deps, request);
  const points = 'errors' in ready ? 0 : Math.floor(ready.cost / COST_OF_A_POINT);
  if (charge && points > 0) await charge(points);
  return ready;
}

/** Everything that is judged before anything runs. */
function prepare(deps: Deps, request: GraphqlRequest): Prepared {
  const { schema, documents, limits, fileMutations } = deps;
  const prepared = documents.prepare(request.query, request.operationName);
  if (!prepared.ok) return prepared;
  const { operation } = prepared;
  checkRequest(request, operation, limits, fileMutations);
  const coerced = coerceVariables(schema, operation.node.variableDefinitions ?? [], request.variables, limits.errors);
  if (!coerced.ok) return coerced;
  return { operation, variables: coerced.values, cost: checkedCost(operation, coerced.values, deps) };
}

type Prepared = Ready | { readonly errors: readonly unknown[] };

interface Ready {
  readonly operation: Operation;
  readonly variables: Record<string, unknown>;
  readonly cost: number;
}

const notAStream = (): AppError =>
  new AppError('BAD_REQUEST', 'Subscriptions need a WebSocket or `Accept: text/event-stream`');

function checkRequest(
  request: GraphqlRequest,
  operation: Operation,
  limits: Limits,
  fileMutations: ReadonlySet<string>,
): void {
  const kind = operation.node.operation;
  if (kind === 'mutation' && request.method === 'GET') {
    throw new AppError('METHOD_NOT_ALLOWED', 'Mutations are sent by POST');
  }
  if (request.bytes <= limits.bodyBytes) return;
  if (carriesFiles(operation, fileMutations)) return;
  throw new AppError('TOO_LARGE', `The body is larger than ${limits.bodyBytes} bytes (KEYLOOM_LIMIT_BODY_BYTES)`);
}

const carriesFiles = ({ node, rootFields }: Operation, fileMutations: ReadonlySet<string>): boolean =>
  node.operation === 'mutation' && [...rootFields].every((name) => fileMutations.has(name));

function checkedCost(operation: Operation, variables: Variables, { limits, schema }: Deps): number {
  if (!operation.hasPagesByVariable) return operation.cost;
  const cost = costOf(operation.document, operation.node, variables, schema);
  if (!(cost <= limits.cost)) throw new AppError('BAD_REQUEST', tooDear(cost, limits.cost));
  return cost;
}

/** graphql coerces once more by itself, so it gets the variables as they came. */
const argumentsOf = (
  schema: GraphQLSchema,
  { document, name }: Operation,
  variableValues: Variables,
  contextValue: object,
) => ({
  schema,
  document,
  operationName: name,
  variableValues,
  contextValue,
});

async function executeReady(
  schema: GraphQLSchema,
  { operation, variables }: Ready,
  given: Variables,
  context: object,
): Promise<ExecutionResult> {
  const run = operation.run();
  return run === null ? execute(argumentsOf(schema, operation, given, context)) : run(context, variables);
}
