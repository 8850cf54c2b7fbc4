import { type Encoding, lineDialect, type Read } from './dialect.ts';

/**
 * The file that `$GITHUB_ENV` names: `NAME=value`, or a name, a mark and lines up to the mark. The runner ends lines at line
 * feeds alone.
 */
function read(text: string): Read {
  const found = new Map<string, { readonly name: string; readonly value: string; readonly line: number }>();
  const problems: { line: number; message: string }[] = [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (let at = 0; at < lines.length; at += 1) {
    const line = at + 1;
    const first = lines[at] ?? '';
    if (first === '') continue;
    const equals = first.indexOf('=');
    const mark = first.indexOf('<<');
    if (equals !== -1 && (mark === -1 || equals < mark)) {
      add(first.slice(0, equals), first.slice(equals + 1));
    } else if (mark === -1) {
      problems.push({ line, message: 'has neither "=" nor "<<" behind a name' });
    } else {
      const end = lines.indexOf(first.slice(mark + 2), at + 1);
      if (end === -1) return { variables: [...found.values()], problems: [...problems, { line, message: UNENDED }] };
      add(first.slice(0, mark), lines.slice(at + 1, end).join('\n'));
      at = end;
    }
    function add(name: string, value: string): void {
      if (name === '') problems.push({ line, message: 'has no name' });
      else found.set(name, { name, value, line });
    }
  }
  return { variables: [...found.values()], problems };
}

const UNENDED = 'opens lines that its mark does not end';

const MARK = 'KEYLOOM_END';

const ofOneLine: Encoding = (value) => (/[\r\n]/.test(value) ? null : `=${value}`);

/** A mark that is no line of the value. On Windows CR LF ends a line too: a CR at the end would go, and one behind a mark would be none. */
const ofLines: Encoding = (value) => {
  if (value.endsWith('\r')) return null;
  const lines = new Set(value.split(/\r?\n/));
  let mark = MARK;
  for (let n = 1; lines.has(mark); n += 1) mark = `${MARK}_${n}`;
  return `<<${mark}\n${value}\n${mark}`;
};

/** Later steps of a job of GitHub Actions: `keyloom export ... >> "$GITHUB_ENV"`. */
export const githubEnv = lineDialect({
  name: 'github-env',
  description: 'the file that $GITHUB_ENV names',
  names: {
    pattern: /^(?!GITHUB_|RUNNER_)[a-zA-Z0-9_.-]+$/,
    rule: 'of letters, digits, "_", "." and "-", not begun by GITHUB_ or RUNNER_',
  },
  // The runner refuses the whole file for it.
  reserved: new Set(['NODE_OPTIONS']),
  encodings: [ofOneLine, ofLines],
  line: (name, written) => `${name}${written}`,
  followers: ['Z=z', 'Z<<KEYLOOM_END\nz\nKEYLOOM_END'],
  read,
});
