import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../kernel/errors.ts';
import { guarded } from '../kernel/guarded.ts';
import type { Hold } from '../kernel/in-flight.ts';

/** `setting`: which limit it is. */
export const tooLarge = (most: number, setting = 'KEYLOOM_LIMIT_BODY_BYTES'): AppError =>
  new AppError('TOO_LARGE', `The body is larger than ${most} bytes (${setting})`);

interface Connection {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** All of it, where it was read already. */
  readonly body?: Uint8Array | null;
}

const JSON_TYPE = /^application\/json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

export const isJsonType = (type: string): boolean => JSON_TYPE.test(type);

/** Only plain JSON: forms and text can be sent by any web page, and compressed bodies can unfold to anything. */
export function checkContentType({ headers }: IncomingMessage): void {
  if (!isJsonType(headers['content-type'] ?? '')) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json in UTF-8');
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Compressed bodies are not accepted');
  }
}

export interface BodyLimits {
  readonly most: number;
  /** Which limit that is; the usual one when not given. */
  readonly setting?: string;
  /** Counts what is held; throws when there is no room for it. */
  readonly hold?: Pick<Hold, 'add'>;
}

/**
 * All bytes of a body, refused as soon as it says or turns out to be larger than `most`. Of one that breaks off nothing is
 * heard: there is nobody left to be answered.
 */
export async function readBody(
  { request, response, body }: Connection,
  { most, setting, hold }: BodyLimits,
): Promise<Uint8Array> {
  const length = request.headers['content-length'];
  if (Number(length ?? 0) > most) throw tooLarge(most, setting);
  // One that says how long it is takes its room before its first byte.
  if (length !== undefined) hold?.add(Number(length));
  if (body) return body;
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let refused = false;
    const take = (chunk: Buffer): void => {
      if (refused) return;
      size += chunk.length;
      if (size > most) throw tooLarge(most, setting);
      if (length === undefined) hold?.add(chunk.length);
      chunks.push(chunk);
    };
    const refuse = (error: unknown): void => {
      refused = true;
      chunks.length = 0;
      reject(error);
    };
    request.on('data', guarded(refuse, take));
    request.on(
      'end',
      guarded(reject, () =>
        resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
      ),
    );
  });
}

const LINGER_MS = 2_000;

/** Lets a client that is still sending read its refusal, but not send for ever. */
export function dropRestOfBody(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const fault = (): void => void request.socket.destroy();
  const timer = setTimeout(
    guarded(fault, () => {
      if (!request.complete) request.socket.destroy();
    }),
    LINGER_MS,
  );
  timer.unref();
  request.once(
    'close',
    guarded(fault, () => clearTimeout(timer)),
  );
}
