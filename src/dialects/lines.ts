import type { Problem, Read, Variable } from './dialect.ts';

/** Thrown by a reader of values: what is wrong, without the value. */
export class Unreadable extends Error {}

/** A value, and where reading goes on. */
export interface Taken {
  readonly value: string;
  readonly next: number;
}

export interface LineSyntax {
  /** What a name may be. */
  readonly names: RegExp;
  readonly nameRule: string;
  /** `export NAME=value` is read as well. */
  readonly exports: boolean;
  /** `NAME: value` is read as well. */
  readonly colons: boolean;
  /** Spaces around the name and before the value do not count. */
  readonly spaces: boolean;
  /** The byte order mark at the beginning does not count; else it is part of the first name. */
  readonly byteOrderMark: boolean;
  /** Beginnings of lines that say nothing, beside white space. */
  readonly comments: string;
  /** Reads the value that begins at a place. Throws Unreadable. */
  readonly value: (text: string, at: number, open: OpenQuotes) => Taken;
}

const MAX_PROBLEMS = 100;
const BOM = '\ufeff';

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t';

/** The place of the next line feed, or of the end. */
export function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function afterBlanks(text: string, at: number): number {
  let place = at;
  while (isBlank(text[place])) place += 1;
  return place;
}

/** Variables of a text, one after the other. A line that cannot be read is told, and reading goes on behind it. */
export function readLines(text: string, syntax: LineSyntax): Read {
  const found = new Map<string, Variable & { readonly line: number }>();
  const problems: Problem[] = [];
  let at = syntax.byteOrderMark && text.startsWith(BOM) ? 1 : 0;
  let line = 1;
  const open: OpenQuotes = new Map();
  while (at < text.length) {
    const end = endOfLine(text, at);
    let next = end;
    try {
      const taken = statementAt(text, at, end, syntax, open);
      if (taken) {
        // Of two of one name the last counts, and where it stands.
        found.delete(taken.name);
        found.set(taken.name, { name: taken.name, value: taken.value, line });
        next = taken.next;
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      if (problems.length < MAX_PROBLEMS) problems.push({ line, message: error.message });
    }
    for (let place = at; place <= next && place < text.length; place += 1) if (text[place] === '\n') line += 1;
    at = next + 1;
  }
  return { variables: [...found.values()], problems };
}

function statementAt(
  text: string,
  at: number,
  end: number,
  syntax: LineSyntax,
  open: OpenQuotes,
): (Variable & Taken) | null {
  let start = syntax.spaces ? afterBlanks(text, at) : at;
  const first = text[start];
  if (start >= end || first === '\r' || syntax.comments.includes(first ?? '')) return null;
  if (syntax.exports && text.startsWith('export', start) && isBlank(text[start + 6]))
    start = afterBlanks(text, start + 6);
  const separator = separatorIn(text, start, end, syntax);
  if (separator === -1) throw new Unreadable('has no "=" behind a name');
  const given = text.slice(start, separator);
  const name = syntax.spaces ? given.trimEnd() : given;
  if (!syntax.names.test(name)) throw new Unreadable(`begins with a name that is not ${syntax.nameRule}`);
  const from = separator + 1;
  const { value, next } = syntax.value(text, syntax.spaces ? afterBlanks(text, from) : from, open);
  return { name, value, next: endOfLine(text, next) };
}

function separatorIn(text: string, start: number, end: number, { colons }: LineSyntax): number {
  for (let place = start; place < end; place += 1) {
    if (text[place] === '=') return place;
    if (colons && text[place] === ':' && (isBlank(text[place + 1]) || place + 1 === end)) return place;
  }
  return -1;
}

/** What may stand behind a closing quote; throws for anything else. */
export function onlyCommentFrom(text: string, at: number): void {
  const end = endOfLine(text, at);
  const rest = text.slice(at, end).trim();
  if (rest !== '' && !rest.startsWith('#')) throw new Unreadable('has text behind a closing quote');
}

/** By a kind of quotes, the place from which on none closes: known for one reading of one text. */
export type OpenQuotes = Map<string, number>;

/**
 * The place of the quote that closes. Once one of a kind has none to the end of the text, none after it has: this is
 * remembered, so that a text of such lines is not searched again for each.
 */
export const closingQuotes =
  (isEscaped: (text: string, at: number, from: number) => boolean) =>
  (text: string, from: number, quote: string, open: OpenQuotes): number => {
    if (from < (open.get(quote) ?? Number.POSITIVE_INFINITY)) {
      for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
        if (!isEscaped(text, at, from)) return at;
      }
      open.set(quote, from);
    }
    throw new Unreadable(`opens a quote (${quote}) that nothing closes`);
  };
