import { bare, between, type Encoding, lineDialect } from './dialect.ts';
import { closingQuotes, endOfLine, type LineSyntax, type OpenQuotes, readLines, type Taken } from './lines.ts';

const QUOTES = '\'"`';
const closing = closingQuotes(() => false);

function valueAt(text: string, at: number, open: OpenQuotes): Taken {
  const quote = text[at] ?? '';
  if (quote !== '' && QUOTES.includes(quote)) {
    const end = closing(text, at + 1, quote, open);
    const inside = text.slice(at + 1, end);
    // What stands behind on the line does not count.
    return { value: quote === '"' ? inside.replaceAll('\\n', '\n') : inside, next: end + 1 };
  }
  const end = endOfLine(text, at);
  const line = text.slice(at, end);
  const comment = line.indexOf('#');
  return { value: (comment === -1 ? line : line.slice(0, comment)).trim(), next: end };
}

const SYNTAX: LineSyntax = {
  names: /^[^\s=#'"`]+$/,
  nameRule: 'without spaces, quotes and "#"',
  exports: true,
  colons: false,
  spaces: true,
  byteOrderMark: false,
  comments: '#',
  value: valueAt,
};

const plain: Encoding = (value) => (value.includes('\n') || QUOTES.includes(value[0] ?? ' ') ? null : value);

/** `node --env-file` and `util.parseEnv`: carriage returns are dropped wherever they stand. */
export const node = lineDialect({
  name: 'node',
  description: 'files for node --env-file',
  names: { pattern: /^[a-zA-Z0-9_./-]+$/, rule: 'of letters, digits, "_", ".", "/" and "-"' },
  encodings: [bare, between("'"), between('"'), between('`'), plain],
  line: (name, written) => `${name}=${written}`,
  followers: ["Z='z'", 'Z="z"', 'Z=`z`'],
  read: (text) => readLines(text.replaceAll('\r', ''), SYNTAX),
});
