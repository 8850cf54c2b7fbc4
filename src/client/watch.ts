import { DOCUMENTS } from './documents.ts';
import { type Place, standingOf } from './environment.ts';
import { isKeyloomError, KeyloomError } from './errors.ts';
import { createPause, isFinal } from './retry.ts';
import type { Opened, Transport } from './transport.ts';
import type * as Api from './types.ts';

/** Names of what is there only after, only before, or both times but not the same. */
export type NameDiff = Api.NameDiff;

/** What a workload gets is another than before. Holds no value: `resolve` answers them. */
export interface Changed {
  readonly kind: 'changed';
  /** The team's commit that it comes from. */
  readonly seq: number;
  /** When that was made. */
  readonly at: string;
  /** null: the workload is gone, or is given nothing as long as a required addon link yields nothing. */
  readonly digest: string | null;
  readonly variables: NameDiff;
  readonly files: NameDiff;
  readonly dockerSecretMounts: NameDiff;
  /** Its place: `after` of a later `watch`. */
  readonly cursor: string;
}

/** It may have changed, and how is not known any more: resolve it anew. What is told afterwards is complete. */
export interface Missed {
  readonly kind: 'missed';
  /** null: a later `watch` begins with the digest that is resolved now, as `since`. */
  readonly cursor: string | null;
}

export interface WatchOptions {
  /** `RUNTIME` unless given. */
  readonly scope?: Api.Scope;
  /** Goes on behind this event, also after a restart of the program. */
  readonly after?: string;
  /** What is known: if it is another by now, that is told at once as `missed`. */
  readonly since?: { readonly digest: string | null };
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** Is told of each break, and when the next attempt is made. */
  readonly onRetry?: (error: KeyloomError, waitMs: number) => void;
}

/** What a watch knows of where it is. */
interface Position {
  /** Behind which event it goes on; null: none was told yet. */
  after: string | null;
  /** Where the workload stood when nothing was missed yet: as long as there is no `after`, this tells whether something was. */
  known: { readonly digest: string | null } | undefined;
  /** How the workload changed is not to be learned any more. */
  isLost: boolean;
}

/**
 * Changes of what a workload gets, each once and in order, over whatever breaks of the connection. Ends with `signal`; throws
 * what no further attempt helps against, such as UNAUTHENTICATED.
 */
export async function* watchAt(
  transport: Transport,
  place: Place,
  { after, since, signal = new AbortController().signal, onRetry }: Given,
): AsyncGenerator<Changed | Missed, void, undefined> {
  const position: Position = { after: after ?? null, known: since, isLost: false };
  const pause = createPause(signal, onRetry);
  while (!signal.aborted) {
    let opened: Opened<Api.EnvironmentChanges> | null = null;
    try {
      if (position.after === null) position.known ??= await standingOf(transport, place, signal);
      // Where it stands is known first: what changes while this is told is not missed again.
      if (position.isLost) yield { kind: 'missed', cursor: null };
      position.isLost = false;
      opened = await open(transport, place, position.after, signal);
      for await (const told of toldBy(opened.results, position, () => standingOf(transport, place, signal))) {
        pause.over();
        yield told;
      }
      throw new KeyloomError('NETWORK', 'the stream has ended', {});
    } catch (error) {
      if (signal.aborted) return;
      if (isKeyloomError(error, 'HISTORY_EXPIRED') || isKeyloomError(error, 'INVALID_CURSOR')) {
        // The place is of another log, such as one from before a backup was restored.
        if (position.after === null) throw error;
        Object.assign(position, { after: null, known: undefined, isLost: true });
        continue;
      }
      // Within a stream the gateway only says that it ends: whoever comes again is told why.
      if (opened === null && isFinal(error)) throw error;
      await pause.before(error);
    } finally {
      opened?.close();
    }
  }
}

/** What one connection tells. */
async function* toldBy(
  results: AsyncIterable<Api.EnvironmentChanges>,
  position: Position,
  standing: () => ReturnType<typeof standingOf>,
): AsyncGenerator<Changed | Missed> {
  // Told as of then: what comes of before then is a part of it.
  let seen = -1;
  if (position.after === null && position.known) {
    const now = await standing();
    if (now.digest !== position.known.digest) {
      position.known = now;
      seen = now.seq;
      yield { kind: 'missed', cursor: null };
    }
  }
  for await (const { environmentChanged: event } of results) {
    position.after = event.cursor;
    if (event.__typename === 'HistoryExpired') yield { kind: 'missed', cursor: event.cursor };
    else if (event.seq > seen) yield changed(event);
  }
}

type Given = Pick<WatchOptions, 'after' | 'since' | 'signal' | 'onRetry'>;

function open(transport: Transport, { project, kind, id, scope }: Place, after: string | null, signal: AbortSignal) {
  const variables = { project, workload: { kind, id }, scope, after };
  return transport.open<Api.EnvironmentChanges>(DOCUMENTS.EnvironmentChanges, variables, signal);
}

type Event = Extract<Api.EnvironmentChanges['environmentChanged'], { __typename: 'EnvironmentEvent' }>;

const changed = ({ __typename, ...event }: Event): Changed => ({ kind: 'changed', ...event });
