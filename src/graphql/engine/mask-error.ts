import { GraphQLError } from 'graphql';
import {
  AppError,
  ClientGone,
  ERROR_STATUS,
  type ErrorCode,
  type ErrorDetails,
  isAppError,
} from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';

/** An error as a client sees it. */
export interface PublicError {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: ErrorCode; readonly requestId: string } & ErrorDetails;
}

export interface Mask {
  /** Words for a client; what is not meant for one goes to the log without its message. */
  one(error: unknown, requestId: string): PublicError;
  /** At most as many as the limit allows. */
  all(errors: readonly unknown[], requestId: string): readonly PublicError[];
}

export const statusOf = (error: PublicError): number => ERROR_STATUS[error.extensions.code];

export function createMask(log: Log, max: number): Mask {
  const one = (error: unknown, requestId: string): PublicError => {
    const known = publicCauseOf(error);
    const isFault = known === null || (ERROR_STATUS[known.code] >= 500 && !(known instanceof ClientGone));
    if (isFault) logFault(log, rootOf(error), known, requestId);
    return {
      message: known?.message ?? 'Internal error',
      ...positionOf(error),
      extensions: { code: known?.code ?? 'INTERNAL', requestId, ...known?.details },
    };
  };
  return { one, all: (errors, requestId) => errors.slice(0, max).map((error) => one(error, requestId)) };
}

function positionOf(error: unknown): Pick<PublicError, 'locations' | 'path'> {
  if (!(error instanceof GraphQLError)) return {};
  return {
    ...(error.locations === undefined ? {} : { locations: error.locations }),
    ...(error.path === undefined ? {} : { path: error.path }),
  };
}

/** The error that a resolver threw, under the coats that execution puts on it. */
function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError instanceof Error) root = root.originalError;
  return root;
}

const BAD_ARGUMENT = /^Argument "(\w{1,100})" of (?:non-null|required) type "([\w![\]]{1,100})" /;

function publicCauseOf(error: unknown): AppError | null {
  const root = rootOf(error);
  if (isAppError(root)) return root;
  // A nullable variable that stands where null is not taken is found out only during execution.
  const argument = root instanceof GraphQLError ? BAD_ARGUMENT.exec(root.message) : null;
  if (argument === null) return null;
  return new AppError('BAD_REQUEST', `Argument "${argument[1]}" of type "${argument[2]}" must not be null`);
}

function logFault(log: Log, error: unknown, known: AppError | null, requestId: string): void {
  const cause = known === null ? undefined : known.cause;
  log.error(known?.message ?? 'Unexpected error', {
    requestId,
    code: known?.code ?? 'INTERNAL',
    ...describeFault(error),
    cause: cause === undefined ? undefined : describeFault(cause).error,
  });
}

/** Name and stack frames of anything thrown. Its message stays out: it may quote a value. */
export function describeFault(error: unknown): { readonly error: string; readonly stack: string } {
  if (!(error instanceof Error)) return { error: typeof error, stack: '' };
  const code = (error as { code?: unknown }).code;
  const name = /^\w{1,60}$/.test(error.name) ? error.name : 'Error';
  return {
    error: typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? `${name} ${code}` : name,
    stack: framesOf(error),
  };
}

function framesOf(error: Error): string {
  const stack = error.stack ?? '';
  // A message of several lines could pass for frames.
  const quoted = error.message === '' ? -1 : stack.indexOf(error.message);
  const behind = quoted < 0 ? stack : stack.slice(quoted + error.message.length);
  return behind
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, 12)
    .join(' | ');
}
