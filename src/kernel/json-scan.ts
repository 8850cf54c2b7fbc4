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
  /** Nothing behind it is looked at in this turn. */
  pauseAt: number;
  /** Of the string that is open: its quote, whether it has escapes, and whether it stands between the halves of a pair. */
  start: number;
  escaped: boolean;
  high: boolean;
}

type State = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'after' | 'in-string' | 'in-key';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS: readonly string[] = ['true', 'false', 'null'];
const SIMPLE_ESCAPES = '"\\/bfnrt';

class Refused extends Error {
  readonly trouble: JsonTrouble;
  constructor(reason: string, position: number) {
    super('refused');
    this.trouble = { reason, position };
  }
}

const scanOf = (text: string, maxDepth: number, maxItems: number): Scan => {
  const string = { start: 0, escaped: false, high: false };
  return { text, maxDepth, maxItems, open: [], items: 0, at: 0, pauseAt: text.length, ...string };
};

/** The first thing wrong with a JSON text, or null. One pass, no recursion. */
export function scanJson(text: string, maxDepth: number, maxItems: number): JsonTrouble | null {
  return goOn(scanOf(text, maxDepth, maxItems), 'value').trouble;
}

/** UTF-16 units between two turns: some milliseconds of work. */
const TURN = 262_144;

/** The same of a long text, with `turn` awaited again and again. */
export async function scanJsonInTurns(
  text: string,
  maxDepth: number,
  maxItems: number,
  turn: () => Promise<void>,
  length = TURN,
): Promise<JsonTrouble | null> {
  const scan = scanOf(text, maxDepth, maxItems);
  let state: State | null = 'value';
  for (;;) {
    scan.pauseAt = Math.min(text.length, scan.at + length);
    const went = goOn(scan, state);
    if (went.state === null) return went.trouble;
    state = went.state;
    await turn();
  }
}

/** Up to the end, to the first trouble, or to the pause: then `state` says where to go on. */
function goOn(
  scan: Scan,
  from: State,
): { readonly state: null; readonly trouble: JsonTrouble | null } | { readonly state: State; readonly trouble: null } {
  const isLast = scan.pauseAt >= scan.text.length;
  try {
    let state: State | null = from;
    while (state !== null) {
      if (!isLast && scan.at >= scan.pauseAt) return { state, trouble: null };
      // White space within a string is part of it.
      if (state !== 'in-string' && state !== 'in-key') skipSpace(scan);
      state = step(scan, state);
    }
    return { state, trouble: null };
  } catch (error) {
    if (error instanceof Refused) return { state: null, trouble: error.trouble };
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
    case 'in-string':
      return string(scan) ? 'after' : 'in-string';
    case 'in-key':
      return string(scan) ? keyEnd(scan) : 'in-key';
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
  if (first === '"') {
    openString(scan);
    return string(scan) ? 'after' : 'in-string';
  }
  if (!word(scan)) number(scan);
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
  if (scan.text[scan.at] !== '"') throw unexpected(scan);
  openString(scan);
  return string(scan) ? keyEnd(scan) : 'in-key';
}

function keyEnd(scan: Scan): State {
  const { start } = scan;
  const name = scan.escaped
    ? (JSON.parse(scan.text.slice(start, scan.at)) as string)
    : scan.text.slice(start + 1, scan.at - 1);
  if (!isNew(scan, name)) throw new Refused('a duplicate key in an object', start);
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

function openString(scan: Scan): void {
  scan.start = scan.at;
  scan.escaped = false;
  scan.high = false;
  scan.at += 1;
}

/** Moves behind the closing quote; false: there was a pause before it. */
function string(scan: Scan): boolean {
  const { text, pauseAt, start } = scan;
  while (scan.at < pauseAt) {
    let unit = text.charCodeAt(scan.at);
    if (unit === 0x22 && !scan.high) {
      scan.at += 1;
      return true;
    }
    if (unit < 0x20 || unit === 0x22) throw scan.high ? halfPair(start) : unexpected(scan);
    if (unit === 0x5c) {
      scan.escaped = true;
      unit = escapeSequence(scan);
    } else scan.at += 1;
    if (scan.high || (unit >= 0xd800 && unit <= 0xdfff)) {
      if (scan.high !== (unit >= 0xdc00 && unit <= 0xdfff)) throw halfPair(start);
      scan.high = !scan.high;
    }
  }
  if (scan.at >= text.length) throw scan.high ? halfPair(start) : unexpected(scan);
  return false;
}

const halfPair = (start: number): Refused => new Refused('an unpaired surrogate in a string', start);

/** Moves behind an escape; the code unit it stands for where that matters (a `u` escape), else 0. */
function escapeSequence(scan: Scan): number {
  const letter = scan.text[scan.at + 1];
  if (letter === 'u') {
    const unit = hexAt(scan.text, scan.at + 2);
    if (unit < 0) throw unexpected(scan);
    scan.at += 6;
    return unit;
  }
  if (letter === undefined || !SIMPLE_ESCAPES.includes(letter)) throw unexpected(scan);
  scan.at += 2;
  return 0;
}

/** The number that four hexadecimal digits stand for, or -1. */
function hexAt(text: string, at: number): number {
  let found = 0;
  for (let i = at; i < at + 4; i += 1) {
    const unit = text.charCodeAt(i);
    const letter = unit | 0x20;
    if (unit >= 0x30 && unit <= 0x39) found = found * 16 + unit - 0x30;
    else if (letter >= 0x61 && letter <= 0x66) found = found * 16 + letter - 0x57;
    else return -1;
  }
  return found;
}

/** Some editors and shells put a byte order mark before a text; it is no part of the JSON behind it. */
export const withoutBom = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);
