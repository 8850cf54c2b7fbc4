import { GraphQLError, type ValidationContext, type ValidationRule, ValuesOfCorrectTypeRule } from 'graphql';
import { AppError } from '../../kernel/errors.ts';

/** A fault of the caller's document or variables, with its position and words that hold nothing of their values. */
export const badRequest = (message: string, at?: GraphQLError): GraphQLError =>
  new GraphQLError(message, {
    nodes: at?.nodes ?? null,
    source: at?.source ?? null,
    positions: at?.positions ?? null,
    originalError: new AppError('BAD_REQUEST', message),
  });

const SAFE_TOKENS = /\b(Name|Int|Float|String|BlockString|Comment) ".*"/s;
const QUOTED_TAIL = /(?::| but got:) "[\s\S]*$/;

/** "Expected Name, found String." without the string. */
export function syntaxMessage(message: string): string {
  return message.replace(SAFE_TOKENS, '$1').replace(QUOTED_TAIL, '');
}

const SAFE_VALUE_MESSAGES: readonly RegExp[] = [
  /^Field "\w+" is not defined by type "\w+"/,
  /^Field "[\w.]+" of required type "[\w![\]]+" was not provided/,
  /^Expected value of type "[\w![\]]+"/,
  /^Expected type "[\w![\]]+" to be an object/,
  /^Expected type "[\w![\]]+"/,
  /^Expected non-nullable type "[\w![\]]+" not to be null/,
  /^(?:Within OneOf Input Object type|Exactly one key must be specified for OneOf type) "\w+"/,
];

/** The part of a message about a value that speaks of the schema alone. */
export function valueMessage(message: string): string {
  const safe = SAFE_VALUE_MESSAGES.map((pattern) => pattern.exec(message)?.[0]).find((found) => found !== undefined);
  return safe === undefined ? 'Invalid value' : safe;
}

/** The standard rule on literals, which quotes them, with words that do not. */
export const QuietValuesRule: ValidationRule = (context) => {
  const quiet: ValidationContext = Object.create(context);
  quiet.reportError = (error) =>
    context.reportError(new GraphQLError(valueMessage(error.message), { nodes: error.nodes ?? null }));
  return ValuesOfCorrectTypeRule(quiet);
};
