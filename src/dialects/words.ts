import { closingQuotes, endOfLine, type OpenQuotes, type Taken, Unreadable } from './lines.ts';

/** What a shell and systemd have in common: pieces, quoted or not, that stand side by side and are one value. */

export interface WordSyntax {
  /** A word ends at a space; else the line is the value, and only the spaces at its end go. */
  readonly endsAtSpace: boolean;
  /** A dollar sign or a back quote that stands free is code. */
  readonly expands: boolean;
}

/** A backslash takes these literally within double quotes; before any other character it stands for itself. */
const ESCAPED_IN_DOUBLE = '"\\`$';

const closingSingle = closingQuotes(() => false);

export const valueOfWords =
  ({ endsAtSpace, expands }: WordSyntax) =>
  (text: string, start: number, open: OpenQuotes): Taken => {
    let value = '';
    /** How much of the value is not white space at its end that would go. */
    let kept = 0;
    let at = start;
    while (at < text.length && text[at] !== '\n') {
      const char = text[at] ?? '';
      if (char === "'") {
        const end = closingSingle(text, at + 1, "'", open);
        value += text.slice(at + 1, end);
        at = end + 1;
        kept = value.length;
      } else if (char === '"') {
        const taken = doubleAt(text, at + 1, expands);
        value += taken.value;
        at = taken.next;
        kept = value.length;
      } else if (char === '\\') {
        if (text[at + 1] !== '\n') value += text[at + 1] ?? '';
        at += 2;
        kept = value.length;
      } else if (endsAtSpace && (char === ' ' || char === '\t' || char === '\r')) {
        return { value, next: endOfWord(text, at) };
      } else {
        if (expands && isCode(text, at, start)) throw new Unreadable('holds what a shell would run or expand');
        value += char;
        at += 1;
        if (char.trim() !== '') kept = value.length;
      }
    }
    return { value: value.slice(0, kept), next: Math.min(at, text.length) };
  };

const CODE = '$`;&|<>()*?[~{#!';

/** Anything free that means more to a shell than itself. */
const isCode = (text: string, at: number, start: number): boolean => {
  const char = text[at] ?? '';
  return char !== '#' ? CODE.includes(char) : at === start;
};

/** Behind a word only a comment may follow: other words would be a command. */
function endOfWord(text: string, at: number): number {
  const end = endOfLine(text, at);
  const rest = text.slice(at, end).trim();
  if (rest !== '' && !rest.startsWith('#')) throw new Unreadable('has more than one word: quote the value');
  return end;
}

function doubleAt(text: string, from: number, expands: boolean): Taken {
  let value = '';
  for (let at = from; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '"') return { value, next: at + 1 };
    if (char === '\\') {
      at += 1;
      const next = text[at] ?? '';
      if (ESCAPED_IN_DOUBLE.includes(next)) value += next;
      else if (next !== '\n') value += `\\${next}`;
    } else {
      if (expands && (char === '$' || char === '`')) throw new Unreadable('holds what a shell would run or expand');
      value += char;
    }
  }
  throw new Unreadable('opens a quote (") that nothing closes');
}
