export interface JsonTrouble {
  readonly reason: string;
  /** UTF-16 units from the beginning. */
  readonly position: number;
}

/** An object or array that is open. `keys` is made only when an object has a second key. */
interface Frame {
  readonly isObject: boolean;
  firstKey: string | null;
  keys: Set<string> | null;
}

interface Scan {
  readonly text: string;
  readonly maxDepth: number;
  readonly maxItems: number;
  readonly open: Frame[];
  items: number;
  at: number;
}

type State = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'after';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS: readonly string[] = ['true', 'false', 'null'];
const HEX = /^[0-9a-fA-F]{4}$/;
const SIMPLE_ESCAPES = '"\\/bfnrt';

class Refused extends Error {
  readonly trouble: JsonTrouble;
  constructor(reason: string, position: number) {
    super('refused');
    this.trouble = { reason, position };
  }
}

/** The first thing wrong with a JSON text, or null. One pass, no recursion. */
export function scanJson(text: string, maxDepth: number, maxItems: number): JsonTrouble | null {
  const scan: Scan = { text, maxDepth, maxItems, open: [], items: 0, at: 0 };
  try {
    let state: State | null = 'value';
    while (state !== null) {
      skipSpace(scan);
      state = step(scan, state);
    }
    return null;
  } catch (error) {
    if (error instanceof Refused) return error.trouble;
    throw error;
  }
}

function step(scan: Scan, state: State): State | null {
  switch (state) {
    case 'value-or-end':
      return scan.text[scan.at] === ']' ? close(scan) : value(scan);
    case 'value':
      return value(scan);
    case 'key-or-end':
      return scan.text[scan.at] === '}' ? close(scan) : key(scan);
    case 'key':
      return key(scan);
    case 'after':
      return after(scan);
  }
}

function skipSpace(scan: Scan): void {
  const { text } = scan;
  for (;;) {
    const unit = text.charCodeAt(scan.at);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
    scan.at += 1;
  }
}

function unexpected(scan: Scan): Refused {
  return new Refused(scan.at >= scan.text.length ? 'unexpected end' : 'unexpected character', scan.at);
}

function value(scan: Scan): State {
  const first = scan.text[scan.at];
  if (scan.open.length > 0) count(scan);
  if (first === '{' || first === '[') {
    if (scan.open.length >= scan.maxDepth) throw new Refused(`deeper than ${scan.maxDepth}`, scan.at);
    scan.open.push({ isObject: first === '{', firstKey: null, keys: null });
    scan.at += 1;
    return first === '{' ? 'key-or-end' : 'value-or-end';
  }
  if (first === '"') string(scan);
  else if (!word(scan)) number(scan);
  return 'after';
}

function count(scan: Scan): void {
  scan.items += 1;
  if (scan.items > scan.maxItems) throw new Refused(`more than ${scan.maxItems} members and items`, scan.at);
}

function close(scan: Scan): State {
  scan.open.pop();
  scan.at += 1;
  return 'after';
}

function after(scan: Scan): State | null {
  const frame = scan.open.at(-1);
  const next = scan.text[scan.at];
  if (frame === undefined) {
    if (scan.at < scan.text.length) throw unexpected(scan);
    return null;
  }
  if (next === (frame.isObject ? '}' : ']')) return close(scan);
  if (next !== ',') throw unexpected(scan);
  scan.at += 1;
  return frame.isObject ? 'key' : 'value';
}

function key(scan: Scan): State {
  const start = scan.at;
  if (scan.text[start] !== '"') throw unexpected(scan);
  const escaped = string(scan);
  const name = escaped
    ? (JSON.parse(scan.text.slice(start, scan.at)) as string)
    : scan.text.slice(start + 1, scan.at - 1);
  if (!isNew(scan, name)) throw new Refused('a key is given twice in one object', start);
  skipSpace(scan);
  if (scan.text[scan.at] !== ':') throw unexpected(scan);
  scan.at += 1;
  return 'value';
}

function isNew(scan: Scan, name: string): boolean {
  const frame = scan.open.at(-1);
  if (frame === undefined) return false;
  if (frame.firstKey === null) {
    frame.firstKey = name;
    return true;
  }
  frame.keys ??= new Set([frame.firstKey]);
  const before = frame.keys.size;
  return frame.keys.add(name).size > before;
}

function word(scan: Scan): boolean {
  const found = WORDS.find((candidate) => scan.text.startsWith(candidate, scan.at));
  if (found !== undefined) scan.at += found.length;
  return found !== undefined;
}

function number(scan: Scan): void {
  NUMBER.lastIndex = scan.at;
  const found = NUMBER.test(scan.text);
  if (!found) throw unexpected(scan);
  scan.at = NUMBER.lastIndex;
}

/** Moves behind the closing quote; true when the string has escapes. */
function string(scan: Scan): boolean {
  const { text } = scan;
  const start = scan.at;
  let escaped = false;
  let high = false;
  scan.at += 1;
  for (;;) {
    let unit = text.charCodeAt(scan.at);
    if (unit === 0x22 && !high) break;
    // NaN is the end of the text.
    if (!(unit >= 0x20) || unit === 0x22) throw high ? halfPair(start) : unexpected(scan);
    if (unit === 0x5c) {
      escaped = true;
      unit = escapeSequence(scan);
    } else scan.at += 1;
    if (high || (unit >= 0xd800 && unit <= 0xdfff)) {
      if (high !== (unit >= 0xdc00 && unit <= 0xdfff)) throw halfPair(start);
      high = !high;
    }
  }
  scan.at += 1;
  return escaped;
}

const halfPair = (start: number): Refused => new Refused('half a surrogate pair in the string', start);

/** Moves behind an escape; the code unit it stands for where that matters (a `u` escape), else 0. */
function escapeSequence(scan: Scan): number {
  const letter = scan.text[scan.at + 1];
  if (letter === 'u') {
    const digits = scan.text.slice(scan.at + 2, scan.at + 6);
    if (!HEX.test(digits)) throw unexpected(scan);
    scan.at += 6;
    return Number.parseInt(digits, 16);
  }
  if (letter === undefined || !SIMPLE_ESCAPES.includes(letter)) throw unexpected(scan);
  scan.at += 2;
  return 0;
}

/** Some editors and shells put a byte order mark before a text; it is no part of the JSON behind it. */
export const withoutBom = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);
