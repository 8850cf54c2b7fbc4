import {
  type AppError,
  CONFLICT_REASONS,
  type ConflictReason,
  ERROR_STATUS,
  type ErrorCode,
  isAppError,
} from '../../kernel/errors.ts';
import type { Builder } from './builder.ts';
import { idOfDocument } from './ids.ts';
import { shared } from './shared.ts';

/** Expected failures as types. Each class stands for one code, so that Pothos finds the type of an error by `instanceof`. */
function errorOf(code: ErrorCode) {
  return class extends Error {
    static override [Symbol.hasInstance](error: unknown): boolean {
      return isAppError(error) && error.code === code;
    }
  };
}

/** When each happens, and what to do. */
const CODE_WORDS: Readonly<Record<ErrorCode, string>> = {
  INVALID_INPUT: 'An input breaks rules. `fields` lists each problem; correct them.',
  BAD_REQUEST: 'The request is not valid GraphQL for this schema, or exceeds a static limit. Correct the document.',
  INVALID_CURSOR: 'The cursor is from another stream or list, or ahead of the log. Begin without it.',
  UNAUTHENTICATED: 'The token is missing, unknown, revoked or expired. Use another.',
  FORBIDDEN: 'The role does not have the permission. Ask an administrator; trying again does not help.',
  NOT_FOUND: 'There is no such object, or you may not see it. Correct its name, or ask for the permission to list it.',
  METHOD_NOT_ALLOWED: 'The HTTP method does not fit the operation. Send mutations by POST.',
  CONFLICT: 'The identifier is taken, or the object changed meanwhile. Read it again, then decide.',
  HISTORY_EXPIRED: 'History does not reach back that far. Read the current state.',
  TOO_LARGE: 'The body is larger than the limit. Send less at once.',
  UNSUPPORTED_MEDIA_TYPE: 'The body has another type or encoding. Send `application/json` in UTF-8, not compressed.',
  LIMIT_EXCEEDED:
    'A limit of the operator would be exceeded: see `limit`, `maximum` and `actual`. Remove something, or have the limit raised.',
  BUDGET_EXCEEDED: 'The request asks for more work than is allowed. Ask for less at once; trying again does not help.',
  UNRESOLVED: 'A required addon link yields no value, so the workload gets nothing. Repair the addon.',
  RATE_LIMITED: 'Too many requests or connections. Wait `retryAfter` seconds.',
  INTERNAL: 'A fault of the gateway. Tell the operator the `requestId`: the log has the details under it.',
  INTEGRITY: 'A stored document was tampered with, or the store is damaged. See the log; restore a backup.',
  UNAVAILABLE: 'The store or another part cannot be reached. Try again after `retryAfter` seconds, if given.',
  TIMEOUT: 'The deadline passed before there was an answer. Try again, or ask for less.',
};

const ErrorCodeEnum = shared.enumType('ErrorCode', {
  description: 'Every code that an error can carry.',
  values: Object.fromEntries(
    Object.entries(ERROR_STATUS).map(([code, status]) => [
      code,
      { description: `${CODE_WORDS[code as ErrorCode]} HTTP ${status}.` },
    ]),
  ) as Record<ErrorCode, { description: string }>,
});

const ConflictReasonEnum = shared.enumType('ConflictReason', {
  description: 'What a conflict is about.',
  values: Object.fromEntries(
    Object.entries(CONFLICT_REASONS).map(([reason, description]) => [reason, { description }]),
  ) as Record<ConflictReason, { description: string }>,
});

const ErrorInterface = shared.interfaceRef<AppError>('Error').implement({
  description: 'An expected failure. Nothing was changed.',
  fields: (t) => ({
    code: t.field({ type: ErrorCodeEnum, description: 'Code for programs.', resolve: ({ code }) => code }),
    message: t.exposeString('message', { description: 'Text for people. Never holds a value of a secret.' }),
  }),
});

const FieldErrorType = shared.objectRef<NonNullable<AppError['details']['fields']>[number]>('FieldError').implement({
  description: 'One problem in an input.',
  fields: (t) => ({
    path: t.stringList({ description: 'Path of the field in the input.', resolve: ({ path }) => [...path] }),
    rule: t.exposeString('rule', {
      description: 'The broken rule, for programs: `pattern`, `min`, `max`, `unique`, ...',
    }),
    message: t.exposeString('message', { description: 'The rule in words.' }),
  }),
});

export const InvalidInputError = errorOf('INVALID_INPUT');
export const NotFoundError = errorOf('NOT_FOUND');
export const ConflictError = errorOf('CONFLICT');
export const LimitExceededError = errorOf('LIMIT_EXCEEDED');

const asApp = (error: unknown): AppError => error as AppError;

/** The expected failures of mutations. */
export function addErrors(builder: Builder): void {
  builder.objectType(InvalidInputError, {
    name: 'InvalidInputError',
    description: 'The input breaks rules; the first 100 problems are listed.',
    interfaces: [ErrorInterface] as never,
    fields: (t) => ({
      fields: t.field({
        type: [FieldErrorType],
        description: 'The problems, at most 100.',
        resolve: (error) => [...(asApp(error).details.fields ?? [])],
      }),
      more: t.boolean({
        description: 'Whether there are more problems than are listed.',
        resolve: (error) => asApp(error).details.more === true,
      }),
    }),
  });

  builder.objectType(NotFoundError, {
    name: 'NotFoundError',
    description: 'There is no such object, or you may not see it.',
    interfaces: [ErrorInterface] as never,
  });

  builder.objectType(ConflictError, {
    name: 'ConflictError',
    description: 'The identifier is taken, or the object has changed.',
    interfaces: [ErrorInterface] as never,
    fields: (t) => ({
      reason: t.field({
        type: ConflictReasonEnum,
        description: 'What the conflict is about.',
        resolve: (error) => asApp(error).details.reason ?? 'CHANGED_MEANWHILE',
      }),
      existing: t.id({
        nullable: true,
        description: 'The object that is in conflict; null if it has no id or you may not see it.',
        resolve: (error) => {
          const { existing } = asApp(error).details;
          return existing ? idOfDocument(existing.kind, existing.key) : null;
        },
      }),
      currentRevision: t.int({
        nullable: true,
        description: 'The revision that the object has now; null when the conflict is not about a revision.',
        resolve: (error) => asApp(error).details.currentRevision ?? null,
      }),
    }),
  });

  builder.objectType(LimitExceededError, {
    name: 'LimitExceededError',
    description: 'A limit of the operator would be exceeded.',
    interfaces: [ErrorInterface] as never,
    fields: (t) => ({
      limit: t.string({ description: 'What is limited.', resolve: (error) => asApp(error).details.limit ?? '' }),
      maximum: t.field({
        type: 'SafeInt',
        description: 'The allowed maximum.',
        resolve: (error) => asApp(error).details.maximum ?? 0,
      }),
      actual: t.field({
        type: 'SafeInt',
        description: 'How much it would be.',
        resolve: (error) => asApp(error).details.actual ?? 0,
      }),
    }),
  });
}
