import { type ArgumentNode, type ExecutionArgs, type ExecutionResult, execute, Kind, visit } from 'graphql';
import { type Noting, shownWith, takenWith } from '../../audit/notes.ts';
import type { Item } from '../../streams/stream.ts';
import type { Delivery, Sink } from '../../streams/subscriber.ts';
import type { Context } from '../types/context.ts';
import { type Sharing, shareOf } from '../types/sharing.ts';
import { wordingOf } from './alike.ts';
import type { Answers } from './answers.ts';
import type { Operation } from './documents.ts';
import { pipedOf, Refused } from './piped.ts';
import { StreamEnded } from './queue.ts';
import type { GraphqlRequest } from './request.ts';

/** A subscription that passed every check. */
export interface Opened {
  /** Begins to deliver. Rejects when the stream refuses. Answers how to leave. */
  readonly begin: (sink: Sink) => Promise<() => void>;
}

/** Writes one event that `run` makes in a context. Never rejects: every trouble is an answer. */
export type Write = (
  context: object,
  run: () => ExecutionResult | Promise<ExecutionResult>,
) => Promise<{ readonly latin1: string; readonly whole: boolean }>;

interface Stream {
  readonly args: ExecutionArgs;
  readonly operation: Operation;
  readonly request: GraphqlRequest;
  readonly answers: Answers;
  readonly write: Write;
  /** Operations of different schemas are not the same, however they look. */
  readonly lane: string;
}

/** Delivers what `subscribe` of the pipeline answered. Throws the errors of the field. */
export async function openStream(source: AsyncIterable<unknown> | ExecutionResult, given: Stream): Promise<Opened> {
  if (!(Symbol.asyncIterator in source)) throw new Refused(source.errors ?? []);
  const share = shareOf(source);
  // What the pipeline made of it are results already.
  if (share === null) return { begin: async (sink) => pump(source as AsyncIterable<ExecutionResult>, given, sink) };
  return openShared(share, given);
}

/** Apart, so that of the request that began it nothing is kept: each event has a context of its own. */
function openShared(
  share: NonNullable<ReturnType<typeof shareOf>>,
  { args: { contextValue, ...args }, operation, request, answers, write, lane }: Stream,
): Opened {
  const { variables = {} } = pipedOf(contextValue);
  const viewer = operation.hasPages ? (contextValue as Context).session.principal.id : '';
  const name = nameOf(operation, request, lane, viewer);
  const telling = { args, operation, answers, write, variables };
  const deliver = delivering(name, telling);
  const wording = wordingOf(operation, args.schema, (item, context) =>
    write(context, () => toldBy(telling, item, context)),
  );
  return { begin: (sink) => share({ operation: name, sink, deliver, wording }) };
}

type Delivering = Pick<Stream, 'operation' | 'answers' | 'write'> & {
  readonly args: Omit<ExecutionArgs, 'contextValue'>;
  /** Coerced. */
  readonly variables: Record<string, unknown>;
};

function toldBy({ args, operation, variables }: Delivering, item: Item, context: object) {
  const compiled = operation.run();
  return compiled ? compiled(context, variables, item) : execute({ ...args, rootValue: item, contextValue: context });
}

const delivering =
  (name: string, telling: Delivering): Sharing['deliver'] =>
  (item, context, stamp, isKept) => {
    const { operation, answers, write } = telling;
    const make = async () => {
      const { latin1, whole } = await write(context, () => toldBy(telling, item, context));
      const repeatable = whole && context.isRepeatable();
      const shown = shownWith(context);
      return { status: 200, latin1, operationName: operation.name, cursor: item.cursor, shown, repeatable };
    };
    // What all are given at once is asked for once: kept, it would only be in the way of what is asked for again.
    if (!isKept) return make();
    return answers.once(`stream ${stamp}`, Buffer.from(`${name}\0${item.cursor}`), make) as Promise<Delivery>;
  };

/** Variables that only say where to begin, by operation: each who listens asks for the same document. */
const beginnings = new WeakMap<Operation, ReadonlySet<string>>();

function beginningsOf(operation: Operation): ReadonlySet<string> {
  const known = beginnings.get(operation);
  if (known) return known;
  const uses = new Map<string, number>();
  const places = new Set<string>();
  visit(operation.document, {
    Variable: ({ name }, key) => void (key === 'variable' || uses.set(name.value, (uses.get(name.value) ?? 0) + 1)),
    Argument: (node: ArgumentNode) => {
      if (node.name.value === 'after' && node.value.kind === Kind.VARIABLE) places.add(node.value.name.value);
    },
  });
  // One that stands elsewhere, too, may decide more than the beginning.
  const made = new Set([...places].filter((name) => uses.get(name) === 1));
  beginnings.set(operation, made);
  return made;
}

/** Equal for requests whose events look alike: where they begin makes no difference. */
function nameOf(
  operation: Operation,
  { query, variables }: GraphqlRequest,
  ...viewing: readonly [lane: string, viewer: string]
): string {
  const without = beginningsOf(operation);
  const rest = Object.entries(variables).filter(([each]) => !without.has(each));
  return JSON.stringify([query, operation.name, rest.sort(([a], [b]) => (a < b ? -1 : 1)), ...viewing]);
}

/** Results for one client, drawn no faster than it takes them. */
function pump(source: AsyncIterable<ExecutionResult>, { args, write }: Stream, sink: Sink): () => void {
  const events = source[Symbol.asyncIterator]();
  const context = args.contextValue as object & Noting;
  const { told } = pipedOf(context);
  let left = false;
  const run = async (): Promise<void> => {
    for (;;) {
      await sink.ready();
      if (left) return;
      const event = await events.next();
      if (left) return;
      if (event.done) return sink.end('complete');
      const { latin1 } = await write(context, () => event.value);
      const { cursor, shown } = told?.shift() ?? { cursor: null, shown: takenWith(context) };
      if (!left) sink.send({ cursor, latin1, shown });
    }
  };
  run().catch((error: unknown) => sink.end(error instanceof StreamEnded ? error.why : 'fault'));
  return () => {
    left = true;
    void events.return?.()?.catch(() => {});
  };
}
