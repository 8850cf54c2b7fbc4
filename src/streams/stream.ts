import type { Session } from '../access/session.ts';
import type { Commit, Seq } from '../store/port.ts';
import type { Alike, StepNow } from './alike.ts';

/** One commit, seen by a stream for one viewer. */
export interface Step {
  readonly commit: Commit;
  /** The last commit that the stream was asked about before, or where it began: nothing between concerned it. */
  readonly previous: Seq;
  /** What was done by it, and by the commits before it that it stands for. */
  readonly operations: ReadonlySet<string>;
  /** The viewer's, of a state of the team that has the commit. */
  readonly session: Session;
  /** The gateway's own, of the same state: for what is the same for all viewers. */
  readonly system: Session;
}

/** What a subscription is about. */
export interface Stream<Event> {
  /** The stream with the arguments that say what it is about: a cursor of it is good for no other. */
  readonly name: readonly string[];
  /** Whether it is enough to be told of the last of many commits: only while there is a storm of them. */
  readonly coalesces: boolean;
  /** What it is about: only commits with one of these `topics.ts` are offered to it; null: all are. */
  readonly topics: readonly string[] | null;
  /** Whether a commit can mean anything to anyone. Cheap: asked of every commit that is offered. */
  concerns(commit: Commit): boolean;
  /** What it means to the viewer; null: nothing. HISTORY_EXPIRED when nobody can tell any more. */
  event(step: Step): Promise<Event | null>;
  /**
   * The same at once, where nothing has to be read for it and many see it alike; undefined: `event` has to be asked. null: nothing.
   * May throw whatever `event` rejects with.
   */
  alike?(step: StepNow): Alike<Event> | null | undefined;
}

/** What is delivered: an event, or word that some may be missing before `cursor`. */
export type Item<Event = unknown> =
  | { readonly expired: false; readonly cursor: string; readonly commit: Commit; readonly event: Event }
  | { readonly expired: true; readonly cursor: string };
