import type { JsonSchema } from '../../plugin/plugin.ts';

/** Patterns longer than this say nothing to people. */
const MAX_PATTERN = 120;

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const numberIn = (schema: JsonSchema, name: string): number | null => {
  const found = schema[name];
  return typeof found === 'number' && Number.isSafeInteger(found) ? found : null;
};

/** The part of a JSON Schema that describes the leaf at a path; null: none does. */
export function schemaAt(schema: unknown, path: readonly string[]): JsonSchema | null {
  if (!isSchema(schema)) return null;
  const [step, ...rest] = path;
  if (step === undefined) return schema;
  const { properties } = schema;
  const isMember = isSchema(properties) && Object.hasOwn(properties, step);
  return schemaAt(isMember ? properties[step] : /^\d{1,9}$/.test(step) ? schema.items : null, rest);
}

/** The names that an object may have, as people are told them. */
export function membersOf(schema: JsonSchema | null): string {
  const names = isSchema(schema?.properties) ? Object.keys(schema.properties) : [];
  return names.slice(0, 50).join(', ');
}

/** What a schema asks of a value, in words; null: nothing that can be said. It is the provider's text, and public. */
export function wanted(schema: JsonSchema | null): string | null {
  if (!schema) return null;
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.slice(0, 20).map(String).join(', ')}`;
  const { type } = schema;
  if (type === 'integer' || type === 'number') {
    const noun = type === 'integer' ? 'a whole number' : 'a number';
    return `${noun}${between(numberIn(schema, 'minimum'), numberIn(schema, 'maximum'), '')}`;
  }
  if (type === 'string') {
    const { pattern, format } = schema;
    const form =
      typeof pattern === 'string' && pattern.length <= MAX_PATTERN
        ? ` that matches ${pattern}`
        : format === 'uri'
          ? ' that is a URL'
          : '';
    return `a text${between(numberIn(schema, 'minLength'), numberIn(schema, 'maxLength'), ' characters')}${form}`;
  }
  if (type === 'array') return `a list${between(numberIn(schema, 'minItems'), numberIn(schema, 'maxItems'), ' items')}`;
  if (type === 'boolean') return 'true or false';
  return type === 'object' ? 'an object' : null;
}

function between(min: number | null, max: number | null, unit: string): string {
  const word = unit === '' ? ' from' : ' of';
  if (min !== null && max !== null) return `${word} ${min} to ${max}${unit}`;
  if (max !== null) return ` of at most ${max}${unit}`;
  return min === null ? '' : ` of at least ${min}${unit}`;
}
