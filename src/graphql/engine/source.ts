import {
  type ArgumentNode,
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  Kind,
  visit,
} from 'graphql';
import type { Delivery, Sink } from '../../streams/subscriber.ts';
import type { Context } from '../types/context.ts';
import { shareOf } from '../types/sharing.ts';
import type { Answers } from './answers.ts';
import type { Operation } from './documents.ts';
import type { GraphqlRequest } from './request.ts';

/** A subscription that passed every check. */
export interface Opened {
  /** Begins to deliver. Rejects when the stream refuses. Answers how to leave. */
  readonly begin: (sink: Sink) => Promise<() => void>;
}

export interface Source {
  readonly args: ExecutionArgs;
  readonly operation: Operation;
  readonly request: GraphqlRequest;
  readonly answers: Answers;
  /** Makes one event in a context and writes it. Never rejects: every trouble is an answer. */
  readonly word: (
    context: object,
    run: () => ExecutionResult | Promise<ExecutionResult>,
  ) => Promise<{ readonly latin1: string; readonly whole: boolean }>;
}

/** Asks the field for its source. Errors of the field come as a result. */
export async function openSource(given: Source): Promise<Opened | ExecutionResult> {
  const source = await createSourceEventStream(given.args);
  if (!(Symbol.asyncIterator in source)) return source;
  const share = shareOf(source);
  if (share === null) return { begin: async (sink) => pump(source, given, sink) };
  const { args, operation, request, answers } = given;
  const viewer = operation.hasPages ? (args.contextValue as Context).session.principal.id : '';
  const name = nameOf(operation, request, viewer);
  return {
    begin: (sink) =>
      share({
        operation: name,
        sink,
        deliver: (item, context, stamp) =>
          answers.once(`stream ${stamp}`, Buffer.from(`${name}\0${item.cursor}`), async () => {
            const { latin1, whole } = await worded(given, item, context);
            const repeatable = whole && context.isRepeatable();
            return { status: 200, latin1, operationName: operation.name, cursor: item.cursor, repeatable };
          }) as Promise<Delivery>,
      }),
  };
}

/** Equal for requests whose events look alike: where they begin makes no difference. */
function nameOf({ document, name }: Operation, { query, variables }: GraphqlRequest, viewer: string): string {
  let uses: string[] = [];
  const places = new Set<string>();
  visit(document, {
    Variable: (node, key) => void (key === 'variable' || uses.push(node.name.value)),
    Argument: (node: ArgumentNode) => {
      if (node.name.value === 'after' && node.value.kind === Kind.VARIABLE) places.add(node.value.name.value);
    },
  });
  uses = uses.filter((used) => places.has(used));
  // One that stands elsewhere, too, may decide more than the beginning.
  const rest = Object.entries(variables).filter(([each]) => uses.filter((used) => used === each).length !== 1);
  return JSON.stringify([query, name, rest.sort(([a], [b]) => (a < b ? -1 : 1)), viewer]);
}

const worded = ({ args, word }: Source, rootValue: unknown, contextValue: object) =>
  word(contextValue, () => execute({ ...args, rootValue, contextValue }));

/** A source of its own: drawn for one client, no faster than it takes. */
function pump(source: AsyncIterable<unknown>, given: Source, sink: Sink): () => void {
  const events = source[Symbol.asyncIterator]();
  let left = false;
  const run = async (): Promise<void> => {
    for (;;) {
      await sink.ready();
      const { done, value } = left ? { done: true, value: undefined } : await events.next();
      if (left) return;
      if (done) return sink.end('complete');
      const { latin1 } = await worded(given, value, given.args.contextValue as object);
      if (!left) sink.send({ cursor: null, latin1 });
    }
  };
  run().catch(() => sink.end('fault'));
  return () => {
    left = true;
    void events.return?.()?.catch(() => {});
  };
}
