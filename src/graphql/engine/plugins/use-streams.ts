import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { shownWith } from '../../../audit/notes.ts';
import type { Item } from '../../../streams/stream.ts';
import type { Delivery } from '../../../streams/subscriber.ts';
import type { Context } from '../../types/context.ts';
import { shareOf } from '../../types/sharing.ts';
import { pipedOf } from '../piped.ts';
import { createQueue } from '../queue.ts';

/**
 * Asks the field of a subscription for its source. A source that clients share is answered as it is, so that whoever asks for the
 * same is told the same bytes; with `apart` each client has the results of its own that a subscription yields elsewhere.
 */
export function useStreams(apart: boolean): Plugin {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => {
        const source = await createSourceEventStream(args);
        if (!(Symbol.asyncIterator in source)) return source;
        const share = shareOf(source);
        if (share !== null && !apart) return source;
        return share === null ? resultsOf(source, args) : resultsApart(share, args);
      });
    },
  };
}

/** Drawn for one client, no faster than it takes. */
async function* resultsOf(source: AsyncIterable<unknown>, args: ExecutionArgs): AsyncGenerator<ExecutionResult> {
  for await (const rootValue of source) yield await execute({ ...args, rootValue });
}

let clients = 0;

/** The same of a source that others could share. Rejects when the stream refuses. */
async function resultsApart(
  share: NonNullable<ReturnType<typeof shareOf>>,
  args: ExecutionArgs,
): Promise<AsyncIterable<ExecutionResult>> {
  const queue = createQueue<ExecutionResult>();
  const results = new WeakMap<Delivery, ExecutionResult>();
  const piped = pipedOf(args.contextValue);
  const told: NonNullable<typeof piped.told> = [];
  piped.told = told;
  clients += 1;
  const leave = await share({
    operation: `apart ${clients}`,
    // Plugins see each event with a context of its own.
    wording: null,
    deliver: async (rootValue: Item, contextValue: Context) => {
      const result = await execute({ ...args, rootValue, contextValue });
      const delivery = { cursor: rootValue.cursor, latin1: '', shown: shownWith(contextValue) };
      results.set(delivery, result);
      return delivery;
    },
    sink: {
      ready: queue.emptied,
      send(delivery) {
        told.push(delivery);
        queue.push(results.get(delivery) ?? {});
      },
      end: queue.end,
    },
  });
  return queue.items(leave);
}
