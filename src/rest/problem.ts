import type { Body } from '../graphql/engine/request.ts';
import {
  AppError,
  type ConflictReason,
  ERROR_STATUS,
  type ErrorCode,
  type FieldError,
  invalidInput,
} from '../kernel/errors.ts';

/** What went wrong, before it is known how it is said. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fields?: readonly FieldError[];
  readonly reason?: ConflictReason;
  /** Global id of what is in the way. */
  readonly existing?: string | null;
  readonly retryAfter?: number;
}

/** An expected failure on its way to the client. */
export class Refusal extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = 'Refusal';
    this.problem = problem;
  }
}

interface Circumstances {
  /** Whether the token stands for a workload: it is never told that something is not there. */
  readonly isWorkload: boolean;
  /** Whether the request named the revision that it is about. */
  readonly isConditional: boolean;
}

/** A client that acts for a workload takes 404 for the deletion of all that it delivered. */
const NOT_YOURS = 'The token may not see this';

const MOVED: ReadonlySet<ConflictReason | undefined> = new Set(['REVISION_MOVED', 'NOT_THERE']);

/** The one place where codes become statuses. */
export function statusOf({ code, reason }: Problem, { isWorkload, isConditional }: Circumstances): number {
  if (code === 'NOT_FOUND' && isWorkload) return 403;
  if (code === 'CONFLICT' && isConditional && MOVED.has(reason)) return 412;
  return ERROR_STATUS[code];
}

/** Every status that a refusal can have, for the description. */
export const STATUSES: readonly number[] = [...new Set([...Object.values(ERROR_STATUS), 412])].sort((a, b) => a - b);

/** The body of a refusal. */
export function bodyOf(problem: Problem, id: string, status: number, entityId: string | null): object {
  const { code, message, fields = [] } = problem;
  const details: Record<string, string[]> = Object.create(null);
  for (const field of fields) {
    const place = field.path.join('.') || 'body';
    details[place] = [...(details[place] ?? []), field.message];
  }
  const words = code === 'NOT_FOUND' && status === 403 ? NOT_YOURS : message;
  return {
    error: {
      message: words,
      id,
      ...(fields.length > 0 ? { details } : {}),
      ...(entityId === null ? {} : { entityId }),
    },
  };
}

type PlaceOf = (path: readonly string[]) => readonly string[];

/** The same with places as the body of the request has them. */
export function inBody(problem: Problem, placeOf: PlaceOf): Problem {
  if (!problem.fields) return problem;
  const fields = problem.fields.map((field) => ({ ...field, path: placeOf(field.path) }));
  return { ...problem, fields, message: invalidInput(fields).message };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export interface Outcome {
  readonly result: unknown;
}

/** A change was made, but not all of what was asked of it may be shown. */
export class Committed extends Error {
  override readonly name = 'Committed';
}

/** What lies under the innermost `result` of an answer; throws what went wrong as `Refusal`. */
export function outcomeOf({ data, errors }: Body, isChange: boolean): Outcome {
  const [first] = errors ?? [];
  if (first) {
    // Behind `result` of a mutation there is its payload, and so a commit.
    if (isChange && (first.path?.length ?? 0) > 2) throw new Committed();
    throw new Refusal(problemOfError(first));
  }
  let at: unknown = data;
  while (isObject(at) && Object.hasOwn(at, 'result')) at = at.result;
  if (at === null || at === undefined) throw new Refusal({ code: 'NOT_FOUND', message: 'Not found' });
  if (isObject(at) && typeof at.code === 'string' && typeof at.__typename === 'string') {
    throw new Refusal(at as unknown as Problem);
  }
  return { result: at };
}

const PLACE = 'Variable "$input" got an invalid value at "input';

/** Where in the input, and what is wrong there; null: it is about something else. */
function placeIn(message: string): FieldError | null {
  if (!message.startsWith(PLACE)) return null;
  const end = message.indexOf('": ', PLACE.length);
  if (end < 0) return null;
  const path = message.slice(PLACE.length, end).split(/[.[\]]/);
  return { path: path.filter((step) => step !== ''), rule: 'type', message: message.slice(end + 3) };
}

/** An error of the document; one of the shape of its variables is one of the body. */
function problemOfError({ message, extensions }: NonNullable<Body['errors']>[number]): Problem {
  const { code, fields, reason, retryAfter } = extensions;
  const field = code === 'BAD_REQUEST' ? placeIn(message) : null;
  if (field) return { code: 'INVALID_INPUT', message, fields: [field] };
  return {
    code,
    message,
    ...(fields ? { fields } : {}),
    ...(reason ? { reason } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

/** The field of the request that is wrong. */
export const invalid = (path: readonly string[], rule: string, message: string): AppError =>
  invalidInput([{ path, rule, message }]);

/** A request that no route can take any further. */
export const notFound = (): AppError => new AppError('NOT_FOUND', 'Not found');
