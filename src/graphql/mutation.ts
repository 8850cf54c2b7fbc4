import type { InputFieldBuilder, InputFieldMap, TypeParam } from '@pothos/core';
import { z } from 'zod';
import type { CommitFacts } from '../vault/once.ts';
import { type Builder, builder } from './builder.ts';
import type { Context } from './context.ts';
import { ConflictError, InvalidInputError, LimitExceededError, NotFoundError } from './errors.ts';

export type Types = Builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never;
type InputFields = InputFieldBuilder<Types, 'InputObject'>;

export const CommitType = builder.objectRef<CommitFacts>('Commit').implement({
  description: 'One atomic change of any number of documents of a team.',
  fields: (t) => ({
    seq: t.field({
      type: 'SafeInt',
      description: 'Its number within the team: 1, 2, 3, ...',
      resolve: ({ seq }) => seq,
    }),
    at: t.field({ type: 'DateTime', description: 'When it was made.', resolve: ({ at }) => at }),
    actor: t.exposeString('actor', { description: 'Id of the token that made it.' }),
    operation: t.exposeString('operation', { description: 'What was done, such as `secretGroup.create`.' }),
  }),
});

const FAILURES = {
  notFound: NotFoundError,
  conflict: ConflictError,
  limit: LimitExceededError,
} as const;

const capital = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

export interface PayloadField {
  readonly type: TypeParam<Types>;
  readonly description: string;
  readonly nullable?: boolean;
}

export interface MutationOptions<Rules extends z.ZodType, Result extends { readonly commit: CommitFacts }> {
  readonly name: string;
  readonly description: string;
  readonly input: (t: InputFields) => InputFieldMap;
  /** The model's own rules for the input. */
  readonly rules: Rules;
  /** Expected failures next to invalid input. */
  readonly failures: readonly (keyof typeof FAILURES)[];
  readonly run: (input: z.output<Rules>, context: Context) => Promise<Result>;
  /** The fields of the payload next to `commit`. */
  readonly payload: Readonly<Record<Exclude<keyof Result & string, 'commit'>, PayloadField>>;
}

/** A mutation by the habits of this API: one input, one payload with its commit, expected failures as types. */
export function addMutation<Rules extends z.ZodType, Result extends { readonly commit: CommitFacts }>(
  options: MutationOptions<Rules, Result>,
): void {
  const { name, description, rules, run } = options;
  const input = builder.inputType(`${capital(name)}Input`, {
    description: `Input of \`${name}\`.`,
    fields: options.input,
  });
  const payload = builder.objectRef<Result>(`${capital(name)}Payload`);
  payload.implement({
    description: `What \`${name}\` did.`,
    fields: (t) => ({
      ...Object.fromEntries(
        Object.entries<PayloadField>(options.payload).map(([field, { type, description, nullable = false }]) => [
          field,
          t.field({ type, description, nullable, resolve: (result) => result[field as keyof Result] as never }),
        ]),
      ),
      commit: t.field({ type: CommitType, description: 'The commit that did it.', resolve: ({ commit }) => commit }),
    }),
  });
  builder.mutationField(name, (t) =>
    t.field({
      type: payload,
      description,
      errors: { types: [InvalidInputError, ...options.failures.map((failure) => FAILURES[failure])] },
      args: { input: t.arg({ type: input, required: true, description: 'All that the mutation needs.' }) },
      validate: z.object({ input: rules }) as never,
      resolve: (_root, args, context) => run(args.input as z.output<Rules>, context) as never,
    }),
  );
}
