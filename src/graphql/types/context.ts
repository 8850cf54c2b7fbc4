import type { Session } from '../../access/session.ts';
import type { Notes } from '../../audit/notes.ts';
import type { Memo } from '../../kernel/memo.ts';
import type { Services } from './services.ts';

/** What a resolver has at hand. There is no context without a session: strangers are refused before. */
export interface Context {
  readonly session: Session;
  readonly services: Services;
  /** What the answer shows, counted by the door that shows it. */
  readonly notes: Notes;
  /** What was looked up for it. */
  readonly memo: Memo;
  /** All that the answer to a query depends on besides the request. */
  readonly stamp: string;
  /** Says that the answer drew on what may change without a commit: it is not kept. */
  readonly notRepeatable: () => void;
  readonly isRepeatable: () => boolean;
  /** Whether the token may write anything that carries files. */
  readonly mayCarryFiles: () => boolean;
  /** MAC of a cursor's content. */
  readonly cursorMac: (bytes: Uint8Array) => Uint8Array;
  /** The place in a stream that the transport says the client has reached; it wins over the argument. */
  readonly resumeAfter?: string | null;
  /** Of its own for an answer that needs no reading: what is done in it may be given up, and is none of this one's. */
  readonly atOnce: () => Context | null;
  /** A fresh context for another moment: nothing that was loaded in this one is in it. */
  readonly withSession: (session: Session) => Context;
}
