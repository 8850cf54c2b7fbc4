import type { ArgBuilder, InputFieldMap, InputShapeFromFields, ObjectRef } from '@pothos/core';
import { capital } from '../../kernel/casing.ts';
import type { Wording } from '../../streams/alike.ts';
import type { Item, Stream } from '../../streams/stream.ts';
import type { Subject } from '../../streams/subscriber.ts';
import { SAID_BY_EVENT } from './alike.ts';
import type { Builder, Types } from './builder.ts';
import type { Context } from './context.ts';
import { shared } from './shared.ts';
import { type Sharing, sharedSource } from './sharing.ts';

/** An event of a stream with its place. */
export type Happened<Event> = Extract<Item<Event>, { readonly expired: false }>;
type Expired = Extract<Item, { readonly expired: true }>;

const HistoryExpired = shared.objectRef<Expired>('HistoryExpired').implement({
  description:
    'History does not reach back to your cursor, so events may have been missed. Read again what you depend on. The stream is complete from here on.',
  fields: (t) => ({
    cursor: t.field({
      type: 'Cursor',
      description: 'Position at which the stream continues.',
      ...SAID_BY_EVENT,
      resolve: ({ cursor }) => cursor,
    }),
  }),
});

/** Events of a second type, which say no more than that something happened. */
export interface AlsoEvents<Event, Also> {
  readonly name: string;
  readonly description: string;
  readonly is: (event: Event | Also) => event is Also;
}

export interface SubscriptionOptions<Event, Args extends InputFieldMap, Also> {
  readonly name: string;
  readonly description: string;
  /** Name and description of the type of its events. */
  readonly event: { readonly name: string; readonly description: string };
  readonly also?: AlsoEvents<Event, Also>;
  readonly args: (arg: ArgBuilder<Types>) => Args;
  /** Checks that the viewer may listen at all. */
  readonly stream: (args: InputShapeFromFields<Args>, context: Context) => Promise<Stream<Event | Also>>;
}

/** A subscription by the habits of this API: resumable by `after`, each event with `cursor`, `seq` and `at`. Answers the type of its events, for more fields. */
export function addSubscription<Event, Args extends InputFieldMap, Also = never>(
  builder: Builder,
  options: SubscriptionOptions<Event, Args, Also>,
): ObjectRef<Types, Happened<Event>> {
  const { name, description, event, also, args, stream } = options;
  const eventType = addEventType<Event>(builder, event);
  const others = also ? [addEventType<Also>(builder, also)] : [];
  const nameOf = (happened: Happened<Event | Also>): string => (also?.is(happened.event) ? also.name : event.name);
  const itemType = builder.unionType(`${capital(name)}Item`, {
    description: `Events of \`${name}\`.`,
    types: [eventType, ...others, HistoryExpired] as never[],
    resolveType: (item) =>
      (item as Item).expired ? 'HistoryExpired' : nameOf(item as unknown as Happened<Event | Also>),
  });
  builder.subscriptionField(name, (t) =>
    t.field({
      type: itemType,
      description,
      args: {
        ...args(t.arg),
        after: t.arg({
          type: 'Cursor',
          description: 'Only events after this position in the same stream. Default: only events from now on.',
        }),
      },
      subscribe: async (_root, given, context) => {
        const { after, ...rest } = given as { readonly after?: string | null };
        const opened = await stream(rest as InputShapeFromFields<Args>, context);
        return join(opened, context.resumeAfter ?? after ?? null, context) as AsyncIterable<never>;
      },
      resolve: (item) => item as never,
    }),
  );
  return eventType as unknown as ObjectRef<Types, Happened<Event>>;
}

/** A type of events, with what all of them tell. */
function addEventType<Event>(
  builder: Builder,
  { name, description }: { readonly name: string; readonly description: string },
) {
  const type = builder.objectRef<Happened<Event>>(name);
  type.implement({
    description,
    fields: (t) => ({
      cursor: t.field({
        type: 'Cursor',
        description: 'Position in the stream. Give it as `after` to get later events, each once and in order.',
        ...SAID_BY_EVENT,
        resolve: ({ cursor }) => cursor,
      }),
      seq: t.field({
        type: 'SafeInt',
        description: 'Number of the commit that it comes from.',
        ...SAID_BY_EVENT,
        resolve: ({ commit }) => commit.seq,
      }),
      at: t.field({
        type: 'DateTime',
        description: 'When the commit was made.',
        ...SAID_BY_EVENT,
        resolve: ({ commit }) => commit.at,
      }),
    }),
  });
  return type;
}

/** Where those who ask for the same come together. */
const join = (stream: Stream<unknown>, after: string | null, { session, services, withSession }: Context) =>
  sharedSource(({ operation, deliver, wording, sink }) =>
    services.streams.join({
      stream,
      session,
      after,
      operation: JSON.stringify([...stream.name, operation]),
      deliver: delivering(deliver, withSession),
      wording: wording && wordingWith(wording, withSession),
      sink,
    }),
  );

const wordings = new WeakMap<object, Wording>();

/** One for all who ask for the same. */
function wordingWith({ known, find }: NonNullable<Sharing['wording']>, withSession: Context['withSession']): Wording {
  const made = wordings.get(find) ?? { known, find: (of, viewer) => find(of, withSession(viewer)) };
  wordings.set(find, made);
  return made;
}

/** Each event gets a context of its own. Apart, so that what stays holds nothing of the request that subscribed. */
const delivering =
  (deliver: Sharing['deliver'], withSession: Context['withSession']): Subject['deliver'] =>
  (item, viewer, stamp, isKept) =>
    deliver(item, withSession(viewer), stamp, isKept);
