import { type AppError, type FieldError, invalidInput, MAX_PROBLEMS } from '../../kernel/errors.ts';

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
interface ZodFacts {
  readonly code?: string;
  readonly format?: string;
  readonly params?: { readonly rule?: string };
  readonly keys?: readonly string[];
}

const RULES: ReadonlyMap<string, string> = new Map([
  ['too_small', 'min'],
  ['too_big', 'max'],
  ['invalid_format', 'pattern'],
  ['invalid_type', 'type'],
  ['invalid_value', 'enum'],
  ['unrecognized_keys', 'unknown'],
]);

/** The bad leaves of an input as one error. The words are those of the rules; none of them repeats a value. */
export function invalidInputFrom(issues: readonly Issue[]): AppError {
  // One more than are told, so that it can be said that there are more.
  return invalidInput(issues.slice(0, MAX_PROBLEMS + 1).map(fieldErrorFrom));
}

function fieldErrorFrom(issue: Issue): FieldError {
  const facts = issue as Issue & ZodFacts;
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  const rule = facts.params?.rule ?? RULES.get(facts.code ?? '') ?? 'invalid';
  return { path: path[0] === 'input' ? path.slice(1) : path, rule, message: issue.message };
}
