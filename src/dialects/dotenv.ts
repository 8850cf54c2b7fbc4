import { bare, between, type Encoding, lineDialect } from './dialect.ts';
import {
  closingQuotes,
  endOfLine,
  type LineSyntax,
  type OpenQuotes,
  onlyCommentFrom,
  readLines,
  type Taken,
} from './lines.ts';

const QUOTES = '\'"`';

// The package lets no quote close that a backslash stands before, and leaves the backslash in the value.
const closing = closingQuotes((text, at, from) => at > from && text[at - 1] === '\\');

function valueAt(text: string, at: number, open: OpenQuotes): Taken {
  const quote = text[at] ?? '';
  if (quote !== '' && QUOTES.includes(quote)) {
    const end = closing(text, at + 1, quote, open);
    onlyCommentFrom(text, end + 1);
    const inside = text.slice(at + 1, end);
    return { value: quote === '"' ? inside.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : inside, next: end + 1 };
  }
  const end = endOfLine(text, at);
  const line = text.slice(at, end);
  const comment = line.indexOf('#');
  return { value: (comment === -1 ? line : line.slice(0, comment)).trim(), next: end };
}

const SYNTAX: LineSyntax = {
  names: /^[\w.-]+$/,
  nameRule: 'of letters, digits, "_", "." and "-"',
  exports: true,
  colons: true,
  spaces: true,
  byteOrderMark: true,
  comments: '#',
  value: valueAt,
};

const double: Encoding = (value) => between('"')(value.replaceAll('\r', '\\r'));

/** Unquoted, where it is one line that begins with no quote; the reader is asked about the rest. */
const plain: Encoding = (value) => (value.includes('\n') || QUOTES.includes(value[0] ?? ' ') ? null : value);

/** The npm package `dotenv`, and all that read as it does. Single quotes first: others expand what stands in double ones. */
export const dotenv = lineDialect({
  name: 'dotenv',
  description: 'files that the npm package dotenv reads',
  names: { pattern: SYNTAX.names, rule: SYNTAX.nameRule },
  encodings: [bare, between("'"), double, between('`'), plain],
  line: (name, written) => `${name}=${written}`,
  followers: ["Z='z'", 'Z="z"', 'Z=`z`'],
  read: (text) => readLines(text.replaceAll('\r\n', '\n').replaceAll('\r', '\n'), SYNTAX),
});
