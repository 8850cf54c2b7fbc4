import { checkFailed } from './contract.ts';

/** For plugins that hand on parts of a JSON document: `#plugin/json`. Numbers keep the text that they were sent with. */

/** A value and the text that it was sent as, white space aside. */
export interface JsonText {
  readonly kind: 'text' | 'number' | 'word' | 'null' | 'bad' | 'object' | 'list';
  /** As compact JSON. */
  readonly source: string;
  /** Whether something in it cannot be given as it was sent: a key given twice, or what is no number of JSON, or too large. */
  readonly isBad: boolean;
  /** Of an object; a key given twice leads to what is bad. */
  readonly members: ReadonlyMap<string, JsonText>;
  readonly items: readonly JsonText[];
}

const MAX_DEPTH = 64;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** What stands where a value should and is none, such as `NaN` or `01`. */
const WORD = /[\w.+-]+/y;
const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const NO_MEMBERS: ReadonlyMap<string, JsonText> = new Map();

interface Reader {
  readonly text: string;
  at: number;
}

/** Rejects, as BROKEN, what is no JSON as a whole. */
export function readJson(text: string): JsonText {
  const reader = { text, at: 0 };
  const root = value(reader, 0);
  if (reader.at !== text.length || root.kind === 'bad') throw checkFailed('BROKEN');
  return root;
}

function matched(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const [found = ''] = pattern.exec(reader.text) ?? [];
  reader.at += found.length;
  return found;
}

/** The next sign that is no space, if it is this one. */
function take(reader: Reader, sign: string): boolean {
  matched(reader, SPACE);
  if (reader.text[reader.at] !== sign) return false;
  reader.at += 1;
  matched(reader, SPACE);
  return true;
}

const leaf = (kind: JsonText['kind'], source: string, isBad = false): JsonText => ({
  kind,
  source,
  isBad,
  members: NO_MEMBERS,
  items: [],
});

function value(reader: Reader, depth: number): JsonText {
  if (depth > MAX_DEPTH) throw checkFailed('BROKEN');
  matched(reader, SPACE);
  const found = take(reader, '{')
    ? object(reader, depth)
    : take(reader, '[')
      ? list(reader, depth)
      : reader.text[reader.at] === '"'
        ? leaf('text', string(reader))
        : word(matched(reader, WORD));
  matched(reader, SPACE);
  return found;
}

function word(found: string): JsonText {
  if (found === '') throw checkFailed('BROKEN');
  if (found === 'null') return leaf('null', found);
  if (found === 'true' || found === 'false') return leaf('word', found);
  return NUMBER.test(found) && Number.isFinite(Number(found)) ? leaf('number', found) : leaf('bad', found, true);
}

/** The text of a string with its quotes, which `JSON.parse` reads. */
function string(reader: Reader): string {
  const found = matched(reader, STRING);
  parsed(found);
  return found;
}

function parsed(source: string): string {
  try {
    return JSON.parse(source) as string;
  } catch {
    throw checkFailed('BROKEN');
  }
}

function object(reader: Reader, depth: number): JsonText {
  const members = new Map<string, JsonText>();
  const parts: string[] = [];
  let isBad = false;
  if (!take(reader, '}')) {
    do {
      const name = string(reader);
      if (!take(reader, ':')) throw checkFailed('BROKEN');
      const member = value(reader, depth + 1);
      const key = parsed(name);
      const isTwice = members.has(key);
      members.set(key, isTwice ? leaf('bad', member.source, true) : member);
      parts.push(`${name}:${member.source}`);
      isBad ||= isTwice || member.isBad;
    } while (take(reader, ','));
    if (!take(reader, '}')) throw checkFailed('BROKEN');
  }
  return { kind: 'object', source: `{${parts.join(',')}}`, isBad, members, items: [] };
}

function list(reader: Reader, depth: number): JsonText {
  const items: JsonText[] = [];
  if (!take(reader, ']')) {
    do items.push(value(reader, depth + 1));
    while (take(reader, ','));
    if (!take(reader, ']')) throw checkFailed('BROKEN');
  }
  const source = `[${items.map((item) => item.source).join(',')}]`;
  return { kind: 'list', source, isBad: items.some((item) => item.isBad), members: NO_MEMBERS, items };
}

/** What a key is given: texts as they are, all else as compact JSON. null: there is a value, and it is none that can be given. */
export function textOf(json: JsonText): string | null {
  if (json.kind === 'null' || json.isBad) return null;
  return json.kind === 'text' ? parsed(json.source) : json.source;
}
