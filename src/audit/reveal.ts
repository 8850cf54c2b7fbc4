import type { Notes } from './notes.ts';

/** Who something is shown to, with the notes of the answer that shows it. */
export interface Viewer {
  readonly notes: Notes;
}

/** The one way from a value to its text. Nothing else can open one. */
let opened: <T>(value: Value<T>) => T | null;

/**
 * A value on its way to somebody: whose it is, and whether they may see it. It holds the text where neither a resolver nor a
 * log can get at it; printed, it says that much and no more.
 */
export class Value<T = string> {
  /** `kind/project/id` of what it belongs to. */
  readonly of: string;
  readonly isSeen: boolean;
  readonly #open: () => T | null;

  constructor(of: string, isSeen: boolean, open: () => T | null) {
    this.of = of;
    this.isSeen = isSeen;
    this.#open = open;
  }

  static {
    opened = (value) => (value.isSeen ? value.#open() : null);
  }
}

/** The text for somebody, noted before it is told; null when they may not see it, or when there is none. */
export function reveal<T>({ notes }: Viewer, value: Value<T>): T | null {
  const text = opened(value);
  if (text !== null) notes.note(value.of);
  return text;
}

/** What a document is called in notes: its kind, and its key without the team. */
export const subjectOf = (kind: string, key: readonly string[]): string => [kind, ...key.slice(1)].join('/');
