import { capital } from './casing.ts';
import { type LimitName, variableOf } from './limits.ts';

/** Every code a client can meet, with the HTTP status it travels under. */
export const ERROR_STATUS = {
  INVALID_INPUT: 400,
  BAD_REQUEST: 400,
  INVALID_CURSOR: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  HISTORY_EXPIRED: 410,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  LIMIT_EXCEEDED: 422,
  BUDGET_EXCEEDED: 422,
  UNRESOLVED: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  INTEGRITY: 500,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** One bad leaf of an input: where it is, which rule it breaks, and words for a person. Never the value itself. */
export interface FieldError {
  readonly path: readonly string[];
  readonly rule: string;
  readonly message: string;
}

/** What a conflict is about; a program may have to tell them apart. */
export const CONFLICT_REASONS = {
  TAKEN:
    'The identifier is in use, or reserved by a deleted object. Choose another, or change or restore that object; `existing` names it.',
  REVISION_MOVED: 'The object is not at the expected revision but at `currentRevision`. Read it again, then decide.',
  CHANGED_MEANWHILE: 'Something that the change depends on was changed before the commit. Try again.',
  NOT_THERE:
    'A revision was expected of something that does not exist. Send the request without `expectedRevision` to create it.',
  NOT_DELETED: 'The object is not deleted, so it cannot be restored. Use it as it is.',
  IN_USE: 'Something depends on the object. Change the dependents first; `existing` names one, if you may list it.',
  TOO_LATE: 'The period for restoring it is over. Create it again.',
  WRONG_STATE:
    'The state of the object does not allow this. The message says why; read the object before you try again.',
  PREVIEW_OUTDATED: 'The values have changed since the preview. Request another preview.',
  IDEMPOTENCY_KEY_REUSED: 'The idempotency key belongs to another request. Use a new key.',
  LAST_ADMINISTRATOR: 'Nobody could administer roles and tokens afterwards. Create another administrator first.',
} as const;
export type ConflictReason = keyof typeof CONFLICT_REASONS;

export interface ErrorDetails {
  /** CONFLICT: what it is about. */
  readonly reason?: ConflictReason;
  /** INVALID_INPUT: the bad leaves, the first 100. */
  readonly fields?: readonly FieldError[];
  /** INVALID_INPUT: there are more than those. */
  readonly more?: boolean;
  /** CONFLICT: kind and key of the document in the way. */
  readonly existing?: { readonly kind: string; readonly key: readonly string[] };
  /** CONFLICT: the revision that the document has now. */
  readonly currentRevision?: number;
  /** LIMIT_EXCEEDED: the limit's name, what it allows, what was asked. */
  readonly limit?: string;
  readonly maximum?: number;
  readonly actual?: number;
  /** BUDGET_EXCEEDED: what of the work was too much; `maximum` says how much there may be. */
  readonly budget?: string;
  /** RATE_LIMITED, UNAVAILABLE: when to come again, seconds. */
  readonly retryAfter?: number;
}

/** The one error that carries a code on purpose. Its message is public: no secret value may enter it. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Nobody waits for the answer any more: it ends the work, and is no fault of anybody's. */
export class ClientGone extends AppError {
  constructor() {
    super('TIMEOUT', 'The client went away');
  }
}

/** Recognised by shape, so that an error of another copy of this module counts too. */
export function isAppError(error: unknown): error is AppError {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  return error.name === 'AppError' && typeof code === 'string' && Object.hasOwn(ERROR_STATUS, code);
}

/** `after` is not a cursor that this stream gave. */
export const invalidCursor = (): AppError =>
  new AppError('INVALID_CURSOR', 'after: must be a cursor that this stream gave', {
    details: { fields: [{ path: ['after'], rule: 'cursor', message: 'must be a cursor that this stream gave' }] },
  });

/** Names that may be said again: no longer than names are, and of harmless characters. */
const SAFE_NAME = /^[\w.@:/+ -]{1,128}$/;

/** `name`: what the caller called it by; left out when it is not fit to be repeated. */
export function notFound(noun: string, name = ''): AppError {
  const what = SAFE_NAME.test(name) && name.trim() !== '' ? `${noun} ${name}` : noun;
  return new AppError('NOT_FOUND', `${capital(what)} not found`);
}

export const forbidden = (message = 'You do not have permission to do this'): AppError =>
  new AppError('FORBIDDEN', message);

export const unauthenticated = (message = 'A valid bearer token is required'): AppError =>
  new AppError('UNAUTHENTICATED', message);

export const unavailable = (message: string, cause?: unknown): AppError =>
  new AppError('UNAVAILABLE', message, { cause });

/** More work than a request may ask for; asking again does not help. */
export const budgetExceeded = (message: string, budget: string, maximum: number): AppError =>
  new AppError('BUDGET_EXCEEDED', message, { details: { budget, maximum } });

/** `retryAfter`: seconds. */
export const rateLimited = (message: string, retryAfter: number): AppError =>
  new AppError('RATE_LIMITED', message, { details: { retryAfter } });

/** Stored data that fails authentication. The cause stays in the log. */
export const integrity = (what: string, cause?: unknown): AppError =>
  new AppError('INTEGRITY', `Stored data failed its integrity check: ${what}`, { cause });

/** What everything else hangs on is gone, and something older is left: nothing new is founded over it. */
export const remains = (missing: string): AppError =>
  new AppError(
    'INTEGRITY',
    `The store holds data, but not ${missing}: restore the store from a backup, or begin with an empty one`,
  );

export const conflict = (
  reason: ConflictReason,
  message: string,
  details: Pick<ErrorDetails, 'existing' | 'currentRevision'> = {},
): AppError => new AppError('CONFLICT', message, { details: { reason, ...details } });

/** More problems help nobody, and cost whoever has to list them. */
export const MAX_PROBLEMS = 100;

export function invalidInput(found: readonly FieldError[]): AppError {
  // Names of free JSON may be as long as the whole request.
  const fields = found
    .slice(0, MAX_PROBLEMS)
    .map((each) => ({ ...each, path: each.path.map((part) => (part.length > 100 ? `${part.slice(0, 100)}…` : part)) }));
  const more = found.length > fields.length;
  const words = fields.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  return new AppError('INVALID_INPUT', `${words.join('; ')}${more ? '; and more' : ''}`, {
    details: more ? { fields, more } : { fields },
  });
}

/** `limit`: what there is too much of; `name`: of the limit that the operator can change, null: nobody can. */
export function limitExceeded(limit: string, maximum: number, actual: number, name: LimitName | null): AppError {
  const setting = name === null ? '' : ` (${variableOf(name)})`;
  const words = `Too many ${limit}: ${actual.toLocaleString('en')}; the limit is ${maximum.toLocaleString('en')}${setting}`;
  return new AppError('LIMIT_EXCEEDED', words, { details: { limit, maximum, actual } });
}
