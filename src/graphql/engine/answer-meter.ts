import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from 'graphql';
import { type AppError, budgetExceeded } from '../../kernel/errors.ts';
import type { Hold } from '../../kernel/in-flight.ts';

/** Counts the bytes of one answer, while it is made and while it is written. */
export interface AnswerMeter {
  /** Throws when there are more than an answer may have. */
  made(bytes: number): void;
  written(bytes: number): void;
  /** Why there is no answer; null: it fits so far. */
  readonly refusal: () => Error | null;
}

/** What a resolver's context may carry. */
export interface Metered {
  meter?: AnswerMeter | null;
}

/** Most answers are smaller: they take no room among those in flight. */
export const SMALL_ANSWER = 65_536;

const tooLarge = (maximum: number): AppError =>
  budgetExceeded(`The answer exceeds ${maximum} bytes (KEYLOOM_LIMIT_ANSWER_BYTES)`, 'answerBytes', maximum);

export function createAnswerMeter(maximum: number, hold: Hold): AnswerMeter {
  let made = 0;
  let written = 0;
  let held = 0;
  let refusal: Error | null = null;
  function count(total: number): void {
    if (refusal) throw refusal;
    if (total <= held || total <= SMALL_ANSWER) return;
    try {
      if (total > maximum) throw tooLarge(maximum);
      // In steps, so that not each value asks.
      hold.add(total + SMALL_ANSWER - held);
      held = total + SMALL_ANSWER;
    } catch (error) {
      refusal = error as Error;
      throw error;
    }
  }
  return {
    made(bytes) {
      made += bytes;
      count(made);
    },
    written(bytes) {
      written += bytes;
      count(written);
    },
    refusal: () => refusal,
  };
}

type Resolver = GraphQLFieldResolver<unknown, Metered>;

/** Types whose values may be long. JSON is counted when it is written: it stands in memory once, however often it is asked for. */
const LONG: ReadonlySet<string> = new Set(['String', 'Base64']);

function count(value: unknown, meter: AnswerMeter): void {
  if (typeof value === 'string') meter.made(value.length);
  else if (Array.isArray(value)) for (const each of value) count(each, meter);
}

const metered =
  (resolve: Resolver): Resolver =>
  (source, args, context, info) => {
    const value: unknown = resolve(source, args, context, info);
    const { meter } = context;
    if (!meter) return value;
    if (value instanceof Promise) {
      return value.then((settled: unknown) => {
        count(settled, meter);
        return settled;
      });
    }
    count(value, meter);
    return value;
  };

/** Has every field of texts count what it gives, so that an answer that cannot be sent is not made either. */
export function withMeters(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (LONG.has(getNamedType(field.type).name)) field.resolve = metered(field.resolve ?? defaultFieldResolver);
    }
  }
  return schema;
}
