import {
  type ASTNode,
  type ASTVisitFn,
  GraphQLError,
  Kind,
  type ValidationContext,
  type ValidationRule,
  ValuesOfCorrectTypeRule,
} from 'graphql';
import { AppError } from '../../kernel/errors.ts';
import { badValue, placeOf } from './wanted.ts';

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

type Visited = Parameters<ASTVisitFn<ASTNode>>;
type Steps = readonly (string | number)[];

/** The place of a node within the argument or the default value that it is in. */
function stepsTo([node, , parent, , ancestors]: Visited): Steps {
  const steps: (string | number)[] = [];
  const chain = [...ancestors, ...(parent ? [parent] : []), node];
  for (const [i, each] of chain.entries()) {
    if (!('kind' in each)) continue;
    const [list, items] = [chain[i - 2], chain[i - 1]];
    if (Array.isArray(items) && list && 'kind' in list && list.kind === Kind.LIST) steps.push(items.indexOf(each));
    if (each.kind === Kind.VARIABLE_DEFINITION) steps.push(`$${each.variable.name.value}`);
    if (each.kind === Kind.ARGUMENT || each.kind === Kind.OBJECT_FIELD) steps.push(each.name.value);
  }
  return steps;
}

/** The standard rule on literals, which quotes them, with words that name the place and what is wanted there. */
export const QuietValuesRule: ValidationRule = (context) => {
  let at: Visited | null = null;
  const quiet: ValidationContext = Object.create(context);
  quiet.reportError = (error) => context.reportError(quietError(error, at, context));
  const visitor = ValuesOfCorrectTypeRule(quiet) as Record<string, (...visited: Visited) => unknown>;
  return Object.fromEntries(
    Object.entries(visitor).map(([kind, visit]) => [
      kind,
      (...visited: Visited) => {
        at = visited;
        return visit(...visited);
      },
    ]),
  );
};

function quietError(error: GraphQLError, at: Visited | null, context: ValidationContext): GraphQLError {
  const options = { nodes: error.nodes ?? null };
  if (at === null) return new GraphQLError('Invalid value', options);
  const [node] = at;
  const steps = stepsTo(at);
  // The unknown field itself: what is wrong is said of the object that it stands in.
  const isUnknown = node.kind === Kind.OBJECT_FIELD;
  const found = node.kind === Kind.LIST ? context.getParentInputType() : context.getInputType();
  const type = isUnknown ? null : (found ?? null);
  const bad = badValue(isUnknown ? steps.slice(0, -1) : steps, type, error.message, node.kind === Kind.NULL);
  return new GraphQLError(`Invalid value at "${placeOf(bad.path)}": ${bad.message}`, options);
}
