import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { NOTHING_SHOWN, type Noting, type Shown, shownWith } from '../../audit/notes.ts';
import { AppError } from '../../kernel/errors.ts';
import type { InFlight } from '../../kernel/in-flight.ts';
import type { Limits } from '../../kernel/limits.ts';
import { createAnswerMeter, type Metered } from './answer-meter.ts';
import type { Answers } from './answers.ts';
import type { Documents, Operation } from './documents.ts';
import type { Mask } from './mask-error.ts';
import { statusOf } from './mask-error.ts';
import { pipe, pipedOf, Refused } from './piped.ts';
import type { Pipeline } from './pipeline.ts';
import { carriesFiles } from './plugins/use-limits.ts';
import type { Body, GraphqlRequest } from './request.ts';
import { type Opened, openStream, type Write } from './source.ts';
import { latin1Of, writeAnswer } from './write-answer.ts';

export interface Answer {
  readonly status: number;
  readonly body: Body;
  /** The same as it is sent: bytes of JSON, one character each. */
  readonly latin1: string;
  /** As the document names it; for logs. */
  readonly operationName: string | null;
  /** What it shows. */
  readonly shown: Shown;
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
  /** Whether other plugins than the shipped ones see requests: then no answer is given past them. */
  readonly isExtended: boolean;
  /** Puts what was thrown beside them into words. */
  refusal(error: unknown, request: Asked): Answer;
}

interface Deps {
  /** Tells its schema from others of the process. */
  readonly lane?: string;
  readonly pipeline: Pipeline;
  readonly documents: Documents;
  readonly mask: Mask;
  readonly limits: Limits;
  /** Mutations whose bodies may be larger. */
  readonly fileMutations: ReadonlySet<string>;
  readonly answers: Answers;
  /** What is held of answers while they are made. */
  readonly inFlight: InFlight;
}

/** What errors tell of a request. */
type Asked = Pick<GraphqlRequest, 'requestId'>;

/** The one way between a parsed request and an answer, for every transport: through the pipeline. */
export function createGraphql(deps: Deps): Graphql {
  const { pipeline, mask, answers } = deps;
  const refusal = (error: unknown, { requestId }: Asked): Answer => {
    const masked = mask.all(error instanceof Refused ? error.errors : [error], requestId);
    const [first] = masked;
    const status = first === undefined ? 500 : statusOf(first);
    const body = { errors: masked };
    return {
      status,
      body,
      latin1: latin1Of(JSON.stringify(body)),
      operationName: null,
      shown: NOTHING_SHOWN,
      repeatable: false,
    };
  };

  const answerReady = async (ready: Ready, context: object): Promise<Answer> => {
    if (ready.operation.node.operation === 'subscription') throw notAStream();
    const written = await metered(deps, context, () => ready.execute(ready.args), bodyOf);
    const { name, node } = ready.operation;
    const repeatable = node.operation === 'query' && written.body.errors === undefined;
    const shown = shownWith(ready.args.contextValue as Noting);
    return { status: 200, ...written, operationName: name, shown, repeatable };
  };

  const answer = async (request: GraphqlRequest, context: object): Promise<Answer> => {
    try {
      return await answerReady(await admit(pipeline, request, context), context);
    } catch (error) {
      return refusal(error, request);
    }
  };

  /** Of a request that others may outlive: all that is kept of it is its id. */
  const writingFor =
    (asked: Asked): Write =>
    async (viewer, run) => {
      try {
        const { body, latin1 } = await metered(deps, viewer, run, (made) => masked(made, asked, mask));
        return { latin1, whole: body.errors === undefined };
      } catch (error) {
        return { latin1: refusal(error, asked).latin1, whole: false };
      }
    };

  const stream = async (request: GraphqlRequest, context: object): Promise<Opened | Answer> => {
    try {
      const ready = await admit(pipeline, request, context);
      if (ready.operation.node.operation !== 'subscription') return await answerReady(ready, context);
      const write = writingFor({ requestId: request.requestId });
      const { args, operation } = ready;
      return await openStream(await ready.subscribe(args), {
        args,
        operation,
        request,
        answers,
        write,
        lane: deps.lane ?? '',
      });
    } catch (error) {
      return refusal(error, request);
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

  return { answer, stream, mayCarryFiles, isExtended: pipeline.isExtended, refusal };
}

interface Written {
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
    return { body, latin1: await writeAnswer(body, meter) };
  } finally {
    hold.release();
  }
}

interface Ready extends Pick<ReturnType<Pipeline['getEnveloped']>, 'execute' | 'subscribe'> {
  readonly args: ExecutionArgs;
  readonly operation: Operation;
}

/** Takes a request through everything that is judged before it runs. A point is paid before it is looked at. */
async function admit({ getEnveloped }: Pipeline, request: GraphqlRequest, context: object): Promise<Ready> {
  if (request.charge) await request.charge(1);
  pipe(context, request);
  const { parse, validate, contextFactory, execute, subscribe, schema } = getEnveloped(context);
  const document = parse(request.query);
  const errors = validate(schema, document);
  if (errors.length > 0) throw new Refused(errors);
  const building = contextFactory();
  const contextValue = building instanceof Promise ? await building : building;
  const { operation } = pipedOf(context);
  if (operation === undefined) throw new Error('A plugin validated a document without the operation cache');
  const { variables: variableValues, operationName } = request;
  return { args: { schema, document, contextValue, variableValues, operationName }, operation, execute, subscribe };
}

/** Without the prototypes and extensions that a plugin may have left. */
const bodyOf = ({ data, errors }: ExecutionResult): Body =>
  errors === undefined ? { data } : { data, errors: errors as unknown as NonNullable<Body['errors']> };

const masked = ({ data, errors }: ExecutionResult, { requestId }: Asked, mask: Mask): Body =>
  errors === undefined ? { data } : { data, errors: mask.all(errors, requestId) };

const notAStream = (): AppError =>
  new AppError('BAD_REQUEST', 'Subscriptions need a WebSocket or `Accept: text/event-stream`');
