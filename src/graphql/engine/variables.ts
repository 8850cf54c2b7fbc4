import type { GraphQLError } from 'graphql';
import {
  coerceInputValue,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';
import { badValue, placeOf, typeAt, wantedOf } from './wanted.ts';
import { badRequest } from './wording.ts';

export type Variables = Readonly<Record<string, unknown>>;

export type Coerced =
  | { readonly ok: true; readonly values: Record<string, unknown> }
  | { readonly ok: false; readonly errors: readonly GraphQLError[] };

const STOP = Symbol('enough errors');

/** What graphql's own coercion does, with messages that name the place and the type but never the value. */
export function coerceVariables(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  given: Variables,
  max: number,
): Coerced {
  const errors: GraphQLError[] = [];
  const report: Report = (message) => {
    errors.push(badRequest(message));
    if (errors.length >= max) throw STOP;
  };
  const values: Record<string, unknown> = {};
  try {
    for (const definition of definitions) coerceOne(schema, definition, given, values, report);
  } catch (error) {
    if (error !== STOP) throw error;
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, values };
}

type Report = (message: string) => void;

function coerceOne(
  schema: GraphQLSchema,
  { variable, type: typeNode, defaultValue }: VariableDefinitionNode,
  given: Variables,
  values: Record<string, unknown>,
  report: Report,
): void {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  const isGiven = Object.hasOwn(given, name);
  if (!isInputType(type)) report(`Variable "$${name}" is of an unknown type`);
  else if (!isGiven && defaultValue) values[name] = valueFromAST(defaultValue, type);
  else if (!isGiven && isNonNullType(type))
    report(`Variable "$${name}" of required type "${String(type)}" was not provided: it must be ${wantedOf(type)}`);
  else if (isGiven && given[name] === null && isNonNullType(type)) {
    report(`Variable "$${name}" of type "${String(type)}" must not be null, but ${wantedOf(type)}`);
  } else if (isGiven) values[name] = coerceValue(name, given[name], type, report);
}

function coerceValue(name: string, value: unknown, type: GraphQLInputType, report: Report): unknown {
  return coerceInputValue(value, type, (path, invalid, error) => {
    const bad = badValue(path, typeAt(type, path), error.message, invalid === null);
    report(`Variable "$${name}" got an invalid value at "${placeOf([name, ...bad.path])}": ${bad.message}`);
  });
}
