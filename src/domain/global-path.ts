/** A reference to a part of a global secret, taken apart. `path`: keys and list indexes, or the id of a file alone. */
export interface GlobalPath {
  readonly id: string;
  readonly section: 'values' | 'files';
  /** null: it has the form of a reference to a global secret, but no key can be written so. */
  readonly path: readonly string[] | null;
}

/** About a JSON string: whether it is one, its parser says. Braces end a reference, so inside it they are written `\u007b` and `\u007d`. */
const QUOTED = /\[("(?:[^"\\]|\\.)*")\]/sy;
const HEAD = /^secrets\.([^.]+)\.(values|files)(?=[.[])/s;
const FILE_END = '.data';

/**
 * Takes apart `secrets.<id>.values.<path>` and `secrets.<id>.files.<fileId>.data`; null when the name has neither form and
 * is a variable's. A segment is bare, behind a dot, or `["a JSON string"]`; `[` opens a segment only when a whole quoted one
 * follows. A bare file id may hold dots.
 */
export function globalPathOf(name: string): GlobalPath | null {
  const [head, id, section] = HEAD.exec(name) ?? [];
  if (head === undefined || id === undefined) return null;
  if (section === 'values') {
    const rest = name.slice(head.length);
    return isPath(rest) ? { id, section, path: segmentsOf(rest) } : null;
  }
  const rest = name.slice(head.length, -FILE_END.length);
  if (!name.endsWith(FILE_END) || name.length < head.length + FILE_END.length || !isPath(rest)) return null;
  return { id, section: 'files', path: fileIdOf(rest) };
}

const isPath = (rest: string): boolean => rest.startsWith('.') || quotedAt(rest, 0) !== null;

/** A bare id keeps its dots; a quoted one stands alone. */
function fileIdOf(rest: string): readonly string[] | null {
  const segments = segmentsOf(rest);
  if (segments === null) return null;
  const isBare = rest.startsWith('.') && !rest.includes('["');
  return isBare ? [rest.slice(1)] : segments.length === 1 ? segments : null;
}

function segmentsOf(rest: string): readonly string[] | null {
  const segments: string[] = [];
  for (let at = 0; at < rest.length; ) {
    const quoted = quotedAt(rest, at);
    if (quoted) {
      segments.push(quoted.key);
      at = quoted.end;
      continue;
    }
    if (rest[at] !== '.') return null;
    const end = bareEnd(rest, at + 1);
    const key = rest.slice(at + 1, end);
    if (key.startsWith(' ') || key.endsWith(' ')) return null;
    segments.push(key);
    at = end;
  }
  return segments;
}

function bareEnd(rest: string, from: number): number {
  for (let at = from; at < rest.length; at += 1) {
    if (rest[at] === '.' || (rest[at] === '[' && quotedAt(rest, at) !== null)) return at;
  }
  return rest.length;
}

function quotedAt(rest: string, at: number): { readonly key: string; readonly end: number } | null {
  if (rest[at] !== '[') return null;
  QUOTED.lastIndex = at;
  const [whole, text] = QUOTED.exec(rest) ?? [];
  const key = text === undefined ? null : parsed(text);
  return whole === undefined || key === null ? null : { key, end: at + whole.length };
}

function parsed(text: string): string | null {
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

/** What can stand bare: it is read back as itself wherever it stands. */
const isBareKey = (key: string): boolean => key !== '' && !/[.[\]{}\p{Cc}]|^ | $/u.test(key);

/** The reference to a value by its path, without braces: `secrets.shared.values.db["spring.datasource.url"]`. */
export function valueReference(id: string, path: readonly string[]): string {
  const segments = path.map((key) => (isBareKey(key) ? `.${key}` : `[${quoted(key)}]`));
  return `secrets.${id}.values${segments.join('')}`;
}

const quoted = (key: string): string =>
  JSON.stringify(key).replaceAll(/[{}\p{Cc}]/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
