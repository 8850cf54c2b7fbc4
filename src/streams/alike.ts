import { randomBytes } from 'node:crypto';
import type { Principal } from '../access/model.ts';
import type { Session } from '../access/session.ts';
import type { Commit, Seq } from '../store/port.ts';
import type { View } from '../vault/reading.ts';

/**
 * Many listen to things of their own, and a commit means the same to all of them but for a word or two. What it means is then put
 * into words once, with marks where those words go, and each gets it with the own ones in their places.
 */
export interface Alike<Event = unknown> {
  /** The same object for all to whom this commit means the same. `OWN_MARK` stands where each has a text of its own. */
  readonly event: Event;
  /** That text, which JSON writes as it is. */
  readonly own: string;
}

/** One commit, looked at without waiting for anything. */
export interface StepNow {
  readonly commit: Commit;
  readonly previous: Seq;
  readonly principal: Principal;
  /** A state of the team that has the commit. */
  readonly view: View;
}

const markOf = (): string => randomBytes(24).toString('base64url');
/** Nobody knows them, so nothing else looks like them. */
export const CURSOR_MARK = markOf();
export const OWN_MARK = markOf();

/** What many are told, as JSON whose bytes are one character each. */
export type Words = (cursor: string, own: string) => string;

/** How an operation tells what many see alike. */
export interface Wording {
  /** Words that were found before; null: each has to be told by itself; undefined: nobody looked yet. */
  known(event: object): Words | null | undefined;
  /** Puts it into words for all, as the viewer gets it. */
  find(of: { readonly commit: Commit; readonly event: object }, viewer: Session): Promise<Words | null>;
}

/** The texts between the marks of a text, and what stands between them. */
export function wordsOf(latin1: string): Words {
  const parts: string[] = [];
  const marks: boolean[] = [];
  let rest = latin1;
  for (;;) {
    const [cursor, own] = [rest.indexOf(CURSOR_MARK), rest.indexOf(OWN_MARK)];
    if (cursor < 0 && own < 0) break;
    const isCursor = own < 0 || (cursor >= 0 && cursor < own);
    const at = isCursor ? cursor : own;
    parts.push(rest.slice(0, at));
    marks.push(isCursor);
    rest = rest.slice(at + CURSOR_MARK.length);
  }
  return (cursor, own) => {
    let text = '';
    for (let i = 0; i < marks.length; i += 1) text += `${parts[i]}${marks[i] ? cursor : own}`;
    return text + rest;
  };
}
