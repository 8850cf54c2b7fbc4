import { type FieldError, invalidInput, unavailable } from '../../kernel/errors.ts';
import type { JsonSchema, LoadedPlugin, ParamsProblem } from '../../plugin/plugin.ts';
import type { Json } from '../../store/port.ts';
import { membersOf, schemaAt, wanted } from './wanted.ts';

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Only leaves that the schema describes and does not call sensitive are shown; everything else is null. */
export function maskedParams(schema: unknown, value: Json): Json {
  if (!isObject(schema) || schema.sensitive === true) return null;
  if (Array.isArray(value)) return value.map((item) => maskedParams(schema.items, item));
  if (isObject(value)) {
    const properties = isObject(schema.properties) ? schema.properties : {};
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        Object.hasOwn(properties, name) ? maskedParams(properties[name], item) : null,
      ]),
    );
  }
  return typeof schema.type === 'string' ? value : null;
}

/** Refuses parameters that the provider's rules refuse, naming every bad leaf and no value. */
export async function requireParams(plugin: LoadedPlugin, given: unknown): Promise<void> {
  let problems: readonly ParamsProblem[];
  try {
    problems = await plugin.problemsWith(given);
  } catch (cause) {
    throw unavailable('The provider does not answer', cause);
  }
  if (problems.length > 0) throw invalidInput(problems.map((each) => fieldError(each, plugin.facts.params, given)));
}

const RULES: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['too_small', ['min', 'is too small, too short or empty']],
  ['too_big', ['max', 'is too large or too long']],
  ['invalid_format', ['pattern', 'does not have the form that the provider asks for']],
  ['invalid_type', ['type', 'is missing or of another type']],
  ['invalid_value', ['enum', 'is none of the values that are allowed']],
]);

/** Words of our own, and what the provider's schema says to everybody: its other words might quote what was given. */
function fieldError({ path, code }: ParamsProblem, schema: JsonSchema, given: unknown): FieldError {
  const field = ['params', ...path];
  if (code === 'unrecognized_keys') {
    const known = membersOf(schemaAt(schema, path.slice(0, -1)));
    return { path: field, rule: 'unknown', message: `is not a field that the provider knows; it knows ${known}` };
  }
  const [rule, message] = RULES.get(code) ?? ['invalid', 'is refused by the provider'];
  const wish = wanted(schemaAt(schema, path));
  const verb = isAbsent(given, path) ? 'is required, and must be' : 'must be';
  return { path: field, rule, message: wish === null ? message : `${verb} ${wish}` };
}

/** Whether nothing at all was given there. */
function isAbsent(given: unknown, path: readonly string[]): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return given === undefined;
  if (typeof given !== 'object' || given === null || !Object.hasOwn(given, step)) return true;
  return isAbsent((given as Readonly<Record<string, unknown>>)[step], rest);
}
