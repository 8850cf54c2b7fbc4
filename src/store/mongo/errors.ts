import { MongoBulkWriteError, MongoError, MongoNetworkError, MongoServerError } from 'mongodb';
import { type AppError, isAppError, unavailable } from '../../kernel/errors.ts';

const DUPLICATE_KEY = 11_000;
/** Not the primary, shutting down, interrupted, in conflict with another write, too slow: another attempt may pass. */
const PASSING: ReadonlySet<unknown> = new Set([
  6, 7, 24, 50, 63, 64, 89, 91, 112, 133, 134, 150, 189, 225, 246, 251, 262, 263, 9001, 10_058, 10_107, 11_600, 11_602,
  13_388, 13_435, 13_436,
]);
const LABELS = ['TransientTransactionError', 'RetryableWriteError', 'RetryableError'] as const;

/** What happened. The driver wraps whatever ends a bulk write, a connection that was closed too, as an error of the server. */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof MongoBulkWriteError)) return error;
  const within: unknown = error.errorResponse;
  return within instanceof MongoError ? within : error;
}

/** Whether the same work may succeed when it is tried again from its beginning. */
export function isPassing(thrown: unknown): boolean {
  const error = unwrapped(thrown);
  if (!(error instanceof MongoError)) return false;
  if (error instanceof MongoNetworkError || LABELS.some((label) => error.hasErrorLabel(label))) return true;
  // Someone took the key since the transaction began: the next attempt sees it, and says whose it is.
  if (error.code === DUPLICATE_KEY) return true;
  return PASSING.has(error.code) || isUncertain(error);
}

/** Whether a transaction's commit may or may not have happened. */
export function isUncertain(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
}

/** Whether the server refused what it was sent, so that sending less of it may pass. */
export function isRefusal(thrown: unknown): boolean {
  const error = unwrapped(thrown);
  return error instanceof MongoError && !(error instanceof MongoNetworkError) && !isPassing(error);
}

/** An error of the driver in our words. The driver's own may name hosts and quote documents, so only its kind is kept. */
export function mapped(error: unknown): AppError {
  if (isAppError(error)) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  const code = error instanceof MongoServerError ? ` ${error.code ?? ''} ${error.codeName ?? ''}` : '';
  return unavailable('The database does not answer as it should; try again', new Error(`${kind}${code}`.trim()));
}
