import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Limits } from '../kernel/limits.ts';

/** What a client has not taken yet. */
export interface Outgoing {
  /** Counts one more event; false: there is too much already. */
  admits(): boolean;
  /** Resolves when the client took most of it, or is gone. */
  ready(): Promise<void>;
}

type OutgoingLimits = Pick<Limits, 'outgoingBytes' | 'outgoingEvents'>;

export function watchOutgoing(stream: Writable, { outgoingBytes, outgoingEvents }: OutgoingLimits): Outgoing {
  let events = 0;
  let draining: Promise<void> | null = null;
  const isEmpty = (): boolean => {
    if (stream.writableLength === 0) events = 0;
    return events === 0;
  };
  return {
    admits() {
      isEmpty();
      events += 1;
      return events <= outgoingEvents && stream.writableLength <= outgoingBytes;
    },
    async ready() {
      if (isEmpty() || stream.destroyed) return;
      if (events <= outgoingEvents / 2 && stream.writableLength <= outgoingBytes / 2) return;
      if (!stream.writableNeedDrain) return;
      draining ??= Promise.race([once(stream, 'drain'), once(stream, 'close')])
        .then(() => {})
        .catch(() => {})
        .finally(() => {
          draining = null;
        });
      await draining;
    },
  };
}
