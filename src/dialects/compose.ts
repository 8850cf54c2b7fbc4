import { bare, type Encoding, lineDialect } from './dialect.ts';
import {
  closingQuotes,
  endOfLine,
  type LineSyntax,
  type OpenQuotes,
  readLines,
  type Taken,
  Unreadable,
} from './lines.ts';

/** Backslashes before a place, back to where the value began. */
function backslashesBefore(text: string, at: number, from: number): number {
  let place = at;
  while (place > from && text[place - 1] === '\\') place -= 1;
  return at - place;
}

const closing = closingQuotes((text, at, from) => backslashesBefore(text, at, from) % 2 === 1);

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['"', '"'],
  ['\\', '\\'],
  // Two dollar signs stand for one.
  ['$', '$$'],
]);

function valueAt(text: string, at: number, open: OpenQuotes): Taken {
  const quote = text[at] ?? '';
  if (quote === "'" || quote === '"') {
    const end = closing(text, at + 1, quote, open);
    if (text.slice(end + 1, endOfLine(text, end + 1)).trim() !== '') {
      throw new Unreadable('has text behind a closing quote');
    }
    const inside = withoutEscapedQuotes(text.slice(at + 1, end), quote);
    return { value: quote === '"' ? unexpanded(unescaped(inside)) : inside, next: end + 1 };
  }
  const end = endOfLine(text, at);
  const line = text.slice(at, end);
  const comment = line.indexOf(' #');
  return { value: unexpanded((comment === -1 ? line : line.slice(0, comment)).trimEnd()), next: end };
}

/** A backslash goes where it stands before the quote, two by two from the left; all others stay. */
function withoutEscapedQuotes(inside: string, quote: string): string {
  let text = '';
  for (let at = 0; at < inside.length; at += 1) {
    if (inside[at] !== '\\' || at + 1 === inside.length) text += inside[at];
    else {
      at += 1;
      text += inside[at] === quote ? quote : `\\${inside[at]}`;
    }
  }
  return text;
}

function unescaped(text: string): string {
  let out = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (char !== '\\' || !(ESCAPES.has(next) || next === '0' || next === 'c')) {
      out += char;
      continue;
    }
    const meant = ESCAPES.get(next);
    if (meant === undefined) throw new Unreadable('holds an escape that is read differently from version to version');
    out += meant;
    at += 1;
  }
  return out;
}

/** References are not followed here. */
function unexpanded(text: string): string {
  const parts = text.split('$$');
  if (parts.some((part) => part.includes('$'))) throw new Unreadable('refers to another variable with "$"');
  return parts.join('$');
}

const SYNTAX: LineSyntax = {
  names: /^[\w.-]+$/,
  nameRule: 'of letters, digits, "_", "." and "-"',
  exports: true,
  colons: true,
  spaces: true,
  byteOrderMark: false,
  comments: '#',
  value: valueAt,
};

const single: Encoding = (value) => `'${value.replaceAll("'", "\\'")}'`;
const double: Encoding = (value) => `"${value.replaceAll(/["\\$]/g, '\\$&')}"`;

/** The `.env` of docker compose, and its `env_file`. Nothing in single quotes is expanded. */
export const compose = lineDialect({
  name: 'compose',
  description: 'the .env and env_file of docker compose',
  names: { pattern: SYNTAX.names, rule: SYNTAX.nameRule },
  encodings: [bare, single, double],
  line: (name, written) => `${name}=${written}`,
  followers: ["Z='z'", 'Z="z"'],
  read: (text) => readLines(text, SYNTAX),
});
