import { decodeBase64 } from '../../input/rules.ts';
import { type FieldError, MAX_PROBLEMS } from '../../kernel/errors.ts';

/** As much of JSON Schema as the descriptions of bodies use. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly contentEncoding?: string;
}

/**
 * What a body has wrong in its shape: types, names, what is missing. This much is judged before anything runs, as GraphQL does
 * it too; all other rules are the models' own, and are judged after the rights.
 */
export function shapeTroubles(value: unknown, schema: Schema): readonly FieldError[] {
  const found: FieldError[] = [];
  const path: string[] = [];
  const report = (rule: string, message: string, ...below: readonly string[]): void => {
    found.push({ path: [...path, ...below], rule, message });
  };
  const each = (step: string, item: unknown, rules: Schema): void => {
    if (found.length > MAX_PROBLEMS) return;
    path.push(step);
    judge(item, rules);
    path.pop();
  };

  function judge(item: unknown, rules: Schema): void {
    if (rules.anyOf) {
      const [first] = rules.anyOf;
      const fitting = rules.anyOf.find((one) => fits(item, one)) ?? first;
      if (fitting) judge(item, fitting);
      return;
    }
    if (!fits(item, rules)) report('type', `must be ${wanted(rules)}`);
    else if (rules.contentEncoding === 'base64' && decodeBase64(item as string) === null) {
      report('base64', 'must be canonical base64: padded, without white space');
    } else if (Array.isArray(item)) {
      const { items } = rules;
      if (items) for (const [i, one] of item.entries()) each(String(i), one, items);
    } else if (typeof item === 'object' && item !== null)
      judgeMembers(item as Readonly<Record<string, unknown>>, rules);
  }

  function judgeMembers(item: Readonly<Record<string, unknown>>, rules: Schema): void {
    const { properties = {}, required = [], additionalProperties = true } = rules;
    for (const name of required) if (!Object.hasOwn(item, name)) report('required', 'is required', name);
    for (const [name, one] of Object.entries(item)) {
      const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (own) each(name, one, own);
      else if (additionalProperties === false) report('unknown', 'is not known here', name);
      else if (additionalProperties !== true) each(name, one, additionalProperties);
    }
  }

  judge(value, schema);
  return found;
}

function fits(value: unknown, { type, enum: values, const: only }: Schema): boolean {
  if (only !== undefined) return value === only;
  if (values) return values.includes(value);
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'null':
      return value === null;
    case undefined:
      return true;
    default:
      return typeof value === type;
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['object', 'an object'],
  ['array', 'a list'],
  ['integer', 'a whole number'],
  ['string', 'a string'],
  ['boolean', 'true or false'],
  ['number', 'a number'],
]);

function wanted({ type = '', enum: values, const: only }: Schema): string {
  if (only !== undefined) return String(only);
  if (values) return `one of ${values.join(', ')}`;
  return WORDS.get(type) ?? 'of another type';
}
