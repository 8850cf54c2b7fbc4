import { turn } from '../../kernel/turn.ts';
import { type AnswerMeter, SMALL_ANSWER } from './answer-meter.ts';

/** Characters between two turns of the event loop, and leaves: some milliseconds. */
const TURN_CHARACTERS = 1_048_576;
const TURN_LEAVES = 20_000;
/** Characters that become bytes at a time. */
const PIECE = 262_144;

/** A text as its UTF-8 bytes, one character each. */
export function latin1Of(text: string): string {
  // Plain ASCII, as nearly all answers are, is that already.
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1');
}

/** An answer as bytes of JSON, one character each. Rejects as soon as there are more than it may have. */
export async function writeAnswer(body: object, meter: AnswerMeter): Promise<string> {
  return isSmall(body) ? latin1Of(JSON.stringify(body)) : writeLong(body, meter);
}

/** Whether JSON of it is certainly no concern: about as many characters as a small answer has. */
function isSmall(body: object): boolean {
  const open: unknown[] = [body];
  let characters = 0;
  while (open.length > 0) {
    const value = open.pop();
    characters += 8;
    if (typeof value === 'string') characters += value.length;
    else if (typeof value === 'object' && value !== null) {
      for (const name in value) {
        characters += name.length;
        open.push((value as Record<string, unknown>)[name]);
      }
    }
    if (characters > SMALL_ANSWER) return false;
  }
  return true;
}

/** An object or a list under way. `names` is null of a list. */
interface Frame {
  readonly value: Readonly<Record<string, unknown>> | readonly unknown[];
  readonly names: readonly string[] | null;
  readonly length: number;
  next: number;
  isFirst: boolean;
}

const frameOf = (value: object): Frame => {
  const names = Array.isArray(value) ? null : Object.keys(value);
  const length = names === null ? (value as unknown[]).length : names.length;
  return { value: value as Frame['value'], names, length, next: 0, isFirst: true };
};

/** As JSON has it: dates as texts. */
const plain = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function'
    ? value.toJSON()
    : value;

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

async function writeLong(body: object, meter: AnswerMeter): Promise<string> {
  const written: string[] = [];
  let text = '';
  let [characters, leaves] = [0, 0];
  const flush = (): void => {
    const bytes = latin1Of(text);
    meter.written(bytes.length);
    written.push(bytes);
    text = '';
  };
  for (const piece of pieces(body)) {
    text += piece;
    characters += piece.length;
    leaves += 1;
    if (text.length >= PIECE) flush();
    if (characters < TURN_CHARACTERS && leaves < TURN_LEAVES) continue;
    [characters, leaves] = [0, 0];
    await turn();
  }
  flush();
  return written.join('');
}

/** What JSON.stringify writes, leaf by leaf. Without recursion: how deep it goes is up to whoever asks. */
function* pieces(body: object): Generator<string> {
  const open: Frame[] = [frameOf(body)];
  yield Array.isArray(body) ? '[' : '{';
  for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
    if (frame.next >= frame.length) {
      open.pop();
      yield frame.names === null ? ']' : '}';
      continue;
    }
    const index = frame.next;
    frame.next += 1;
    const name = frame.names?.[index] ?? null;
    const value = plain(name === null ? (frame.value as unknown[])[index] : (frame.value as never)[name]);
    // In an object what is not there is left out.
    if (name !== null && value === undefined) continue;
    const before = `${frame.isFirst ? '' : ','}${name === null ? '' : `${JSON.stringify(name)}:`}`;
    frame.isFirst = false;
    if (isContainer(value)) {
      open.push(frameOf(value));
      yield `${before}${Array.isArray(value) ? '[' : '{'}`;
    } else yield `${before}${JSON.stringify(value ?? null)}`;
  }
}
