import { type Encoding, lineDialect } from './dialect.ts';
import { endOfLine, type LineSyntax, readLines, Unreadable } from './lines.ts';

/** Go's scanner of lines, which Docker reads with, takes none that is longer. */
const MAX_LINE_BYTES = 65_536;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

const SYNTAX: LineSyntax = {
  names: /^[^\s=#][^\s=]*$/,
  nameRule: 'without spaces, and not begun by "#"',
  exports: false,
  colons: false,
  spaces: false,
  byteOrderMark: true,
  comments: '#',
  value: (text, at) => {
    const next = endOfLine(text, at);
    const start = text.lastIndexOf('\n', at - 1) + 1;
    if (next - start > MAX_LINE_BYTES / 4 && bytesOf(text.slice(start, next)) >= MAX_LINE_BYTES) {
      throw new Unreadable(`is longer than ${MAX_LINE_BYTES - 1} bytes`);
    }
    const value = text.slice(at, next);
    return { value: value.endsWith('\r') ? value.slice(0, -1) : value, next };
  },
};

const verbatim: Encoding = (value) => (value.includes('\n') ? null : value);

/** `docker run --env-file`: what stands behind the sign is the value, quotes and all. No value has two lines. */
export const dockerEnvFile = lineDialect({
  name: 'docker-env-file',
  description: 'files for docker run --env-file',
  names: { pattern: /^[a-zA-Z0-9_./-]+$/, rule: 'of letters, digits, "_", ".", "/" and "-"' },
  encodings: [verbatim],
  line: (name, written) => `${name}=${written}`,
  followers: ['Z=z'],
  read: (text) => readLines(text, SYNTAX),
});
