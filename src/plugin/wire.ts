import { z } from 'zod';
import { CHECK_PROBLEMS } from './contract.ts';
import { FAULT_NAMES } from './provider.ts';

/** How the gateway and the process of a plugin speak: frames of JSON, each after its length in four bytes. */

const HEADER = 4;
export const METHODS = ['problemsWith', 'values', 'check', 'rotate', 'retire'] as const;
export type Method = (typeof METHODS)[number];

/** From the gateway, which is believed. */
export type Order =
  | { readonly type: 'load'; readonly entry: string; readonly folder: string | null }
  | {
      readonly type: 'start';
      readonly options: unknown;
      readonly reach: readonly string[];
      readonly deadlineMs: number;
      readonly maxBytes: number;
      readonly maxValueBytes: number;
      /** One call at a time, which may connect only to where it was lent the way. */
      readonly isExclusive: boolean;
    }
  | { readonly type: 'call'; readonly id: number; readonly method: Method; readonly given: CallGiven }
  | { readonly type: 'close' };

export interface CallGiven {
  readonly id: string;
  readonly params: unknown;
  readonly old?: unknown;
}

const text = (max: number) => z.string().max(max);
const problem = z.object({ path: z.array(text(200)).max(20), code: text(50) });
export const PROBLEMS = z.array(problem).max(200);

/** From a plugin's process, which is not: nothing else gets in. */
export const TELLING = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('loaded'),
    facts: z.object({
      id: text(100),
      kind: z.enum(['addon', 'external-addon']),
      title: text(200),
      keys: z
        .array(
          z.object({
            name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,99}$/),
            title: text(200),
            description: text(2_000),
            sensitive: z.boolean(),
          }),
        )
        .min(1)
        .max(500),
      params: z.record(z.string(), z.unknown()),
    }),
  }),
  z.object({ type: z.literal('started'), abilities: z.object({ check: z.boolean(), rotate: z.boolean() }) }),
  z.object({ type: z.literal('refused'), fault: z.literal(FAULT_NAMES) }),
  z.object({ type: z.literal('bad-options'), problems: PROBLEMS }),
  z.object({ type: z.literal('done'), id: z.int(), value: z.unknown() }),
  z.object({
    type: z.literal('failed'),
    id: z.int(),
    reason: z.enum([...CHECK_PROBLEMS, 'PARAMS_INVALID', 'TOO_LARGE']),
  }),
  z.object({
    type: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    text: text(2_000),
    fields: z.record(text(100), z.union([text(500), z.number(), z.boolean(), z.null()])),
  }),
]);
export type Telling = z.output<typeof TELLING>;

/** What `values` gave, as JSON: text, or why there is none. */
export const VALUES = z.array(z.tuple([text(100), z.union([z.string(), z.literal(0), z.literal(1)])])).max(500);
export const NO_TEXT = 0;
export const TOO_LONG = 1;

export function frameOf(message: Order | Telling): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(HEADER + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, HEADER);
  return frame;
}

/** Takes bytes as they come and gives whole messages. False: one is longer than allowed, or is no JSON; it is not looked at. */
export function createReader(maxBytes: number, onMessage: (message: unknown) => void): (chunk: Buffer) => boolean {
  let parts: Buffer[] = [];
  let held = 0;
  const take = (): boolean => {
    while (held >= HEADER) {
      const [first] = parts;
      const all = parts.length === 1 && first ? first : Buffer.concat(parts);
      parts = [all];
      const length = all.readUInt32BE(0);
      if (length > maxBytes) return false;
      if (held < HEADER + length) return true;
      const body = all.subarray(HEADER, HEADER + length);
      const rest = all.subarray(HEADER + length);
      parts = rest.length > 0 ? [rest] : [];
      held = rest.length;
      onMessage(JSON.parse(body.toString('utf8')));
    }
    return true;
  };
  return (chunk) => {
    parts.push(chunk);
    held += chunk.length;
    // A long message is put together once, not with every part of it.
    const [first] = parts;
    const isWaiting = first && first.length >= HEADER && held < HEADER + first.readUInt32BE(0);
    if (isWaiting && first.readUInt32BE(0) <= maxBytes) return true;
    try {
      return take();
    } catch {
      return false;
    }
  };
}
