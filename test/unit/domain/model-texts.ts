import type { ProjectData } from './project.ts';

/** A variable with a text, or a file. */
export interface Thing {
  readonly name: string;
  readonly text: string;
  readonly template: boolean;
  readonly type: 'secret' | 'config';
  readonly source: string;
}
type Token = { readonly raw: string; readonly name: string | null };

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let rest = text;
  while (rest !== '') {
    const escaped = /^\$\$\{/.exec(rest);
    const reference = /^\$\{\{([^{}]*)\}\}/.exec(rest) ?? /^\$\{([^{}]*)\}/.exec(rest);
    const name = (reference?.[1] ?? '').replace(/^ +/, '').replace(/ +$/, '');
    if (escaped !== null) tokens.push({ raw: '${', name: null });
    else if (reference !== null && name === '$') tokens.push({ raw: '$', name: null });
    else if (reference !== null && name !== '') tokens.push({ raw: reference[0], name });
    else tokens.push({ raw: rest.slice(0, 1), name: null });
    rest = rest.slice(escaped ? 3 : reference !== null && name !== '' ? reference[0].length : 1);
  }
  return tokens;
}

/** Keys of a path, quoted ones cut off first; null: no key is written so. */
function keysOf(path: string): readonly string[] | null {
  const keys: string[] = [];
  for (let rest = path; rest !== ''; ) {
    const quoted = /^\[("(?:\\.|[^"\\])*")\]/s.exec(rest);
    const bare = /^\.((?:(?!\["(?:\\.|[^"\\])*"\])[^.])*)/s.exec(rest);
    const key = quoted ? (JSON.parse(quoted[1] ?? '') as string) : bare?.[1];
    if (key === undefined || (bare && key !== key.replace(/^ +| +$/g, ''))) return null;
    keys.push(key);
    rest = rest.slice((quoted ?? bare)?.[0].length);
  }
  return keys;
}

type Global = { text?: string; secret?: boolean; reason?: string; of?: 'secret' | 'config' | 'missing' };

function globalText(data: ProjectData, name: string): Global | null {
  const [, id, section, rest] = /^secrets\.([^.]+)\.(values|files)(.*)$/s.exec(name) ?? [];
  if (id === undefined || rest === undefined || !/^(\.|\["(\\.|[^"\\])*"\])/s.test(rest)) return null;
  const file = /^(.*)\.data$/s.exec(rest)?.[1];
  if (section === 'files' && (file === undefined || file === '')) return null;
  if (!Object.hasOwn(data.globals ?? {}, id)) return { reason: 'UNKNOWN_GLOBAL_SECRET', of: 'missing' };
  const { type = 'config', values, files = {} } = data.globals?.[id] ?? {};
  const secret = type === 'secret';
  const of = type;
  if (file !== undefined && section === 'files') {
    const fileId = file.startsWith('.') ? file.slice(1) : (keysOf(file)?.join('') ?? '');
    return Object.hasOwn(files, fileId) ? { text: files[fileId] ?? '', secret, of } : { reason: 'UNKNOWN_PATH', of };
  }
  let at: unknown = values;
  const keys = keysOf(rest);
  if (keys === null) return { reason: 'UNKNOWN_PATH', of };
  for (const part of keys) {
    const steps = typeof at === 'object' && at !== null ? Object.keys(at) : [];
    if (!steps.includes(part)) return { reason: 'UNKNOWN_PATH', of };
    at = Object.entries(at as object).find(([key]) => key === part)?.[1];
  }
  return ['string', 'number', 'boolean'].includes(typeof at)
    ? { text: `${at}`, secret, of }
    : { reason: 'NOT_TEXT', of };
}

/** What texts refer to and come to, by plain recursion. */
export interface Texts {
  readonly references: (t: Thing) => readonly Token[];
  readonly targets: (t: Thing) => readonly Thing[];
  readonly full: (t: Thing) => string;
  /** Bytes that count towards the limit. */
  readonly size: (t: Thing, isFile: boolean) => number;
  readonly isSecret: (t: Thing) => boolean;
  /** The same for those that the same people may see. */
  readonly viewers: (t: Thing) => string;
  /** For whose references there is no room. */
  readonly past: ReadonlySet<Thing>;
  /** Unresolved references, each once. */
  readonly unknown: (t: Thing) => readonly string[];
}

type Drawn = {
  readonly variable: Thing | undefined;
  readonly text: string;
  readonly secret: boolean;
  readonly reason: string | null;
  readonly of: string | null;
};

const bytes = (text: string): number => Buffer.byteLength(text);

export function textsOf(
  data: ProjectData,
  winners: ReadonlyMap<string, Thing>,
  dead: ReadonlySet<string>,
  past: ReadonlySet<Thing>,
): Texts {
  const references = (t: Thing): readonly Token[] =>
    t.template && !past.has(t) ? tokensOf(t.text).filter((token) => token.name !== null) : [];
  const drawn = ({ name, raw }: Token): Drawn => {
    const found = globalText(data, name ?? '');
    const variable = found === null ? winners.get(name ?? '') : undefined;
    const missing = dead.has(name ?? '') ? 'LINK_UNAVAILABLE' : 'UNKNOWN_VARIABLE';
    const reason = found?.reason ?? (variable || found ? null : missing);
    return { variable, text: found?.text ?? raw, secret: found?.secret === true, reason, of: found?.of ?? null };
  };
  const put = (token: Token): string => {
    const { variable, text } = drawn(token);
    return variable === undefined ? text : full(variable);
  };
  const targets = (t: Thing): readonly Thing[] => references(t).flatMap((token) => drawn(token).variable ?? []);
  const full = (t: Thing): string =>
    past.has(t)
      ? ''
      : t.template
        ? tokensOf(t.text)
            .map((token) => (token.name === null ? token.raw : put(token)))
            .join('')
        : t.text;
  const drawsSecret = (t: Thing, trail: readonly Thing[]): boolean => {
    if (trail.includes(t)) return false;
    if (t.type === 'secret' || references(t).some((token) => drawn(token).secret)) return true;
    return targets(t).some((next) => drawsSecret(next, [...trail, t]));
  };
  const drawsOf = (t: Thing, trail: readonly Thing[]): readonly string[] =>
    trail.includes(t)
      ? []
      : [
          ...references(t).flatMap((token) => drawn(token).of ?? []),
          ...targets(t).flatMap((next) => drawsOf(next, [...trail, t])),
        ];
  const viewers = (t: Thing): string => [drawsSecret(t, []), ...new Set(drawsOf(t, []))].sort().join(' ');
  // Of a file the literal part counts as written; without a reference nothing does.
  const fileSize = (t: Thing): number =>
    references(t).length === 0
      ? 0
      : references(t).reduce((sum, token) => sum + bytes(put(token)) - bytes(token.raw), bytes(t.text));
  const unknown = (t: Thing): readonly string[] => {
    const listed = references(t).map((token) => ({ token, reason: drawn(token).reason }));
    const lines = listed.flatMap(({ token, reason }) => (reason === null ? [] : [`${t.name}: ${token.raw} ${reason}`]));
    return [...new Set(lines)];
  };
  const size = (t: Thing, isFile: boolean): number => (isFile ? fileSize(t) : bytes(full(t)));
  return { references, targets, full, size, isSecret: (t) => drawsSecret(t, []), unknown, viewers, past };
}
