import { z } from 'zod';
import { itemRuleOf } from '../../input/rules.ts';
import type { Schema } from './shape.ts';

export type JsonSchema = Schema & Readonly<Record<string, unknown>>;

const made = new WeakMap<z.ZodType, JsonSchema>();

/** The JSON Schema of a model's rule, as its input is. */
export function schemaOf(rule: z.ZodType): JsonSchema {
  const known = made.get(rule);
  if (known) return known;
  const { $schema: _version, ...schema } = z.toJSONSchema(rule, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      const item = itemRuleOf(zodSchema as unknown as z.ZodType);
      if (item)
        Object.assign(jsonSchema, { items: schemaOf(item.rule), ...(item.isUnique ? { uniqueItems: true } : {}) });
    },
  });
  made.set(rule, schema as JsonSchema);
  return schema as JsonSchema;
}
