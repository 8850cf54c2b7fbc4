import { type AppError, ERROR_STATUS, type ErrorCode, isAppError } from '../../kernel/errors.ts';
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

const ErrorCodeEnum = shared.enumType('ErrorCode', {
  description: 'Every code that an error can carry.',
  values: Object.fromEntries(
    Object.entries(ERROR_STATUS).map(([code, status]) => [code, { description: `Corresponds to HTTP ${status}.` }]),
  ) as Record<ErrorCode, { description: string }>,
});

const ErrorInterface = shared.interfaceRef<AppError>('Error').implement({
  description: 'An expected failure. Nothing was changed.',
  fields: (t) => ({
    code: t.field({ type: ErrorCodeEnum, description: 'For programs.', resolve: ({ code }) => code }),
    message: t.exposeString('message', { description: 'For people. Never holds a value of a secret.' }),
  }),
});

const FieldErrorType = shared.objectRef<NonNullable<AppError['details']['fields']>[number]>('FieldError').implement({
  description: 'One bad leaf of an input.',
  fields: (t) => ({
    path: t.stringList({ description: 'Where it is in the input.', resolve: ({ path }) => [...path] }),
    rule: t.exposeString('rule', {
      description: 'The rule that it breaks, for programs: `pattern`, `min`, `max`, `unique`, ...',
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
        description: 'The bad leaves, at most 100.',
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
    description: 'The identifier is taken, or the object has moved on.',
    interfaces: [ErrorInterface] as never,
    fields: (t) => ({
      existing: t.id({
        nullable: true,
        description: 'The object in the way; null when it has no id or you may not know it.',
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
    description: 'More than the operator allows.',
    interfaces: [ErrorInterface] as never,
    fields: (t) => ({
      limit: t.string({ description: 'What is limited.', resolve: (error) => asApp(error).details.limit ?? '' }),
      maximum: t.field({
        type: 'SafeInt',
        description: 'How much is allowed.',
        resolve: (error) => asApp(error).details.maximum ?? 0,
      }),
      actual: t.field({
        type: 'SafeInt',
        description: 'How much it would have been.',
        resolve: (error) => asApp(error).details.actual ?? 0,
      }),
    }),
  });
}
