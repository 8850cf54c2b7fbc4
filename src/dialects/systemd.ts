import { bare, type Encoding, lineDialect } from './dialect.ts';
import { type LineSyntax, readLines } from './lines.ts';
import { valueOfWords } from './words.ts';

const SYNTAX: LineSyntax = {
  names: /^[A-Za-z_][A-Za-z0-9_]*$/,
  nameRule: 'of letters, digits and "_", not begun by a digit',
  exports: false,
  colons: false,
  spaces: true,
  byteOrderMark: false,
  comments: '#;',
  value: valueOfWords({ endsAtSpace: false, expands: false }),
};

/** systemd takes text with one of these for no text at all. */
const NONCHARACTERS = /\p{Noncharacter_Code_Point}/u;

// Older versions read backslashes within single quotes as well.
const single: Encoding = (value) => (/['\\]/.test(value) || NONCHARACTERS.test(value) ? null : `'${value}'`);
const double: Encoding = (value) => (NONCHARACTERS.test(value) ? null : `"${value.replaceAll(/["\\`$]/g, '\\$&')}"`);

/** `EnvironmentFile=` of a unit. */
export const systemd = lineDialect({
  name: 'systemd',
  description: 'EnvironmentFile= of systemd',
  names: { pattern: SYNTAX.names, rule: SYNTAX.nameRule },
  encodings: [bare, single, double],
  line: (name, written) => `${name}=${written}`,
  followers: ["Z='z'", 'Z="z"'],
  read: (text) => readLines(text, SYNTAX),
});
