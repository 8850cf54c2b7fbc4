import type { ConflictReason, ErrorCode } from './types.ts';

/** Codes of the gateway; `NETWORK`: it could not be reached; `PROTOCOL`: what answered is no gateway. */
export type Code = ErrorCode | 'NETWORK' | 'PROTOCOL';

/** One bad leaf of an input. */
export interface FieldError {
  readonly path: readonly string[];
  readonly rule: string;
  readonly message: string;
}

/** What an error of each code may tell beside its message. */
interface Details {
  readonly INVALID_INPUT: { readonly fields: readonly FieldError[]; readonly more?: boolean };
  readonly CONFLICT: { readonly reason?: ConflictReason; readonly currentRevision?: number | null };
  readonly LIMIT_EXCEEDED: { readonly limit?: string; readonly maximum?: number; readonly actual?: number };
  readonly BUDGET_EXCEEDED: { readonly budget?: string; readonly maximum?: number };
  readonly RATE_LIMITED: { readonly retryAfter?: number };
  readonly UNAVAILABLE: { readonly retryAfter?: number };
  /** Names of what has no value, with what is missing. */
  readonly UNRESOLVED: { readonly unresolved: readonly Unresolved[] };
  /** Names of what you may not read, where there is something that you may. */
  readonly FORBIDDEN: { readonly masked: readonly string[] };
  readonly INTERNAL: { readonly requestId?: string };
}
export type DetailsOf<C extends Code> = C extends keyof Details ? Details[C] : Readonly<Record<never, never>>;

/** A key without a value. */
export interface Unresolved {
  readonly name: string;
  /** As it is written; null: its own text is at fault. */
  readonly reference: string | null;
  /** For programs, as the schema lists them. */
  readonly reason: string;
}

/** Whatever goes wrong, with a code for programs. The message holds no value of a secret. */
export class KeyloomError<C extends Code = Code> extends Error {
  readonly code: C;
  readonly details: DetailsOf<C>;
  constructor(code: C, message: string, details: DetailsOf<C>, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KeyloomError';
    this.code = code;
    this.details = details;
  }
}

/** Whether something that was thrown is an error of this code; of any code when none is given. */
export const isKeyloomError = <C extends Code = Code>(error: unknown, code?: C): error is KeyloomError<C> =>
  error instanceof KeyloomError && (code === undefined || error.code === code);

/** The gateway could not be reached; `why` in words. */
export const unreachable = (url: string, why: string, cause?: unknown): KeyloomError =>
  new KeyloomError('NETWORK', `${url === '' ? 'the gateway' : url} cannot be reached (${why})`, {}, cause);

interface Refusal {
  readonly code?: unknown;
  readonly message?: unknown;
}

/** Made of what the gateway says: an error of GraphQL, or one of the results of a mutation. */
export function refused({ code, message, ...rest }: Refusal & object): KeyloomError {
  const details = { ...KNOWN[code as keyof typeof KNOWN], ...rest } as DetailsOf<Code>;
  return new KeyloomError(typeof code === 'string' ? (code as Code) : 'PROTOCOL', String(message ?? ''), details);
}

/** What is always there. */
const KNOWN = { INVALID_INPUT: { fields: [] }, UNRESOLVED: { unresolved: [] }, FORBIDDEN: { masked: [] } } as const;
