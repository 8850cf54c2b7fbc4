import type { InputFieldBuilder, InputFieldMap, ObjectFieldBuilder, ObjectRef, TypeParam } from '@pothos/core';
import type { z } from 'zod';
import { requireCouldEver, requireNamed } from '../../access/first-check.ts';
import { isMovedStanding } from '../../access/standing.ts';
import { reveal, Value } from '../../audit/reveal.ts';
import { capital } from '../../kernel/casing.ts';
import type { CommitFacts } from '../../vault/change.ts';
import type { Allowed, RawInput } from './allowed.ts';
import type { Builder, Types } from './builder.ts';
import type { Context } from './context.ts';
import { ConflictError, InvalidInputError, LimitExceededError, NotFoundError } from './errors.ts';
import { invalidInputFrom } from './invalid-input.ts';
import { shared } from './shared.ts';

type InputFields = InputFieldBuilder<Types, 'InputObject'>;

export const CommitType = shared.objectRef<CommitFacts>('Commit').implement({
  description: 'One atomic change of any number of objects of a team.',
  fields: (t) => ({
    seq: t.field({
      type: 'SafeInt',
      description: "Its number in the team's log: 1, 2, 3, ...",
      resolve: ({ seq }) => seq,
    }),
    at: t.field({ type: 'DateTime', description: 'When it was made.', resolve: ({ at }) => at }),
    actor: t.exposeString('actor', { description: 'Id of the token that made it.' }),
    operation: t.exposeString('operation', { description: 'The operation, such as `secretGroup.create`.' }),
  }),
});

const FAILURES = {
  notFound: NotFoundError,
  conflict: ConflictError,
  limit: LimitExceededError,
} as const;

export interface PayloadField<Result = unknown> {
  readonly type: TypeParam<Types>;
  readonly description: string;
  readonly nullable?: boolean;
  /** Of a text that is told this once, such as that of a token: whose it is. It passes the door for values. */
  readonly toldOf?: (result: Result) => string;
}

interface Committed {
  readonly commit: CommitFacts;
}

export interface MutationOptions<Rules extends z.ZodType, Result extends object> {
  readonly name: string;
  readonly description: string;
  readonly input: (t: InputFields) => InputFieldMap;
  /** The least that it takes, judged before any rule. */
  readonly allowed: Allowed;
  /** The model's own rules for the input. */
  readonly rules: Rules;
  /** Expected failures next to invalid input. */
  readonly failures: readonly (keyof typeof FAILURES)[];
  readonly run: (input: z.output<Rules>, context: Context) => Promise<Result>;
  /** The fields of the payload next to `commit`. */
  readonly payload: Readonly<Record<Exclude<keyof Result & string, 'commit'>, PayloadField<NoInfer<Result>>>>;
}

/** A mutation by the habits of this API: one input, one payload with its commit, expected failures as types. */
export function addMutation<Rules extends z.ZodType, Result extends Committed>(
  builder: Builder,
  options: MutationOptions<Rules, Result>,
): void {
  const payload = builder.objectRef<Result>(`${capital(options.name)}Payload`);
  payload.implement({
    description: `Result of \`${options.name}\`.`,
    fields: (t) => ({
      ...payloadFields(options, t),
      commit: t.field({
        type: CommitType,
        description: 'The commit that made the change.',
        resolve: ({ commit }) => commit,
      }),
    }),
  });
  addField(builder, options, payload);
}

/** The same without a commit: it changes nothing of the team, but is asked for as a change is, because it has effects elsewhere. */
export function addAction<Rules extends z.ZodType, Result extends object>(
  builder: Builder,
  options: MutationOptions<Rules, Result>,
): void {
  const payload = builder.objectRef<Result>(`${capital(options.name)}Payload`);
  payload.implement({ description: `Result of \`${options.name}\`.`, fields: (t) => payloadFields(options, t) });
  addField(builder, options, payload);
}

function payloadFields<Rules extends z.ZodType, Result extends object>(
  options: MutationOptions<Rules, Result>,
  t: ObjectFieldBuilder<Types, Result>,
) {
  return Object.fromEntries(
    Object.entries<PayloadField<Result>>(options.payload).map(([field, { toldOf, nullable = false, ...facts }]) => [
      field,
      t.field({
        ...facts,
        nullable,
        resolve(result, _args, context) {
          const told = result[field as keyof Result] as never;
          return toldOf ? (reveal(context, new Value(toldOf(result), true, () => told)) as never) : told;
        },
      }),
    ]),
  );
}

function addField<Rules extends z.ZodType, Result extends object>(
  builder: Builder,
  { name, description, allowed, rules, run, failures, input: fields }: MutationOptions<Rules, Result>,
  payload: ObjectRef<Types, Result>,
): void {
  const input = builder.inputType(`${capital(name)}Input`, { description: `Input of \`${name}\`.`, fields });
  builder.mutationField(name, (t) =>
    t.field({
      type: payload,
      description,
      errors: { types: [InvalidInputError, ...failures.map((failure) => FAILURES[failure])] },
      args: { input: t.arg({ type: input, required: true, description: 'The input.' }) },
      // For the test that goes through all of them.
      extensions: { rules },
      resolve: (_root, args, context) => {
        const { work } = context.session;
        const attempt = () => {
          // One that nobody waits for any more is not begun.
          work.begin();
          // Who asks comes before what is asked: rules are work, and their answers tell things.
          const asked = allowed(args.input as RawInput);
          requireCouldEver(context.session.principal, asked);
          const given = judged(rules, args.input);
          requireNamed(asked);
          return run(given, context);
        };
        return decidingAnew(attempt, context) as never;
      },
    }),
  );
}

/** Once more by the rights of now when the caller's token or role changed before the commit. */
async function decidingAnew<Result>(attempt: () => Promise<Result>, { session }: Context): Promise<Result> {
  try {
    return await attempt();
  } catch (error) {
    if (!isMovedStanding(error)) throw error;
    await session.renew();
    return attempt();
  }
}

/** The input by the model's rules. */
function judged<Rules extends z.ZodType>(rules: Rules, input: unknown): z.output<Rules> {
  const parsed = rules.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalidInputFrom(parsed.error.issues);
}
