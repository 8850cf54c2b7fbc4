import { z } from 'zod';
import { type FieldError, invalidInput } from '../../kernel/errors.ts';
import type { AddonProvider } from '../../plugin/contract.ts';
import type { Json } from '../../store/port.ts';

type JsonSchema = { readonly [name: string]: unknown };

const schemas = new WeakMap<AddonProvider, JsonSchema>();

/** A provider's parameters as JSON Schema; an empty one where its rules cannot be said so. */
export function paramsSchema(provider: AddonProvider): JsonSchema {
  const known = schemas.get(provider) ?? jsonSchemaOf(provider);
  schemas.set(provider, known);
  return known;
}

function jsonSchemaOf({ params }: AddonProvider): JsonSchema {
  try {
    return z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  } catch {
    return {};
  }
}

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

/** The parameters as the provider's `values` takes them; null when its rules refuse them. */
export function parsedParams({ params }: AddonProvider, given: unknown): { readonly value: unknown } | null {
  try {
    const parsed = params.safeParse(given);
    return parsed.success ? { value: parsed.data } : null;
  } catch {
    return null;
  }
}

/** Refuses parameters that the provider's rules refuse, naming every bad leaf and no value. */
export function requireParams({ params }: AddonProvider, given: unknown): void {
  let fields: readonly FieldError[];
  try {
    const parsed = params.safeParse(given);
    if (parsed.success) return;
    fields = parsed.error.issues.flatMap(fieldErrors);
  } catch {
    fields = [{ path: ['params'], rule: 'invalid', message: 'is refused by the provider' }];
  }
  throw invalidInput(fields);
}

const RULES: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['too_small', ['min', 'is too small, too short or empty']],
  ['too_big', ['max', 'is too large or too long']],
  ['invalid_format', ['pattern', 'has another form']],
  ['invalid_type', ['type', 'is missing or of another type']],
  ['invalid_value', ['enum', 'is none of the values that are allowed']],
  ['unrecognized_keys', ['unknown', 'holds a field that the provider does not know']],
]);

/** Words of our own: those of a provider might quote what was given. */
function fieldErrors(issue: z.core.$ZodIssue): readonly FieldError[] {
  const [rule, message] = RULES.get(issue.code) ?? ['invalid', 'is refused by the provider'];
  return [{ path: ['params', ...issue.path.map(String)], rule, message }];
}
