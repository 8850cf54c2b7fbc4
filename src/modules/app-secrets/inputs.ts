import { z } from 'zod';
import { CHARACTER_CLASSES } from '../../domain/generate-text.ts';
import {
  distinct,
  flagRule,
  idempotencyKeyRule,
  listOf,
  pattern,
  revisionRule,
  slugRule,
  valueRule,
} from '../../input/rules.ts';
import { invalidInput } from '../../kernel/errors.ts';
import { PURPOSES } from './model.ts';

export const KEY_VALUE_URN = 'urn:app-secret:app-secret-type:keyValueAppSecret';
export const TEXT_URN = 'urn:app-secret:kv-secret-value:textType';

/** One spelling only, and something in it to derive an identifier from. Key parts of the store bound its length. */
const secretNameRule = pattern(
  /^(?=.*[a-zA-Z0-9])[!-~]([ -~]*[!-~])?$/,
  'must be printable ASCII with a letter or a digit in it, and without a space at either end',
  1,
  128,
);

const providerIdRule = pattern(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'must be one line of well-formed text', 0, 200)
  .nullish()
  .transform((id) => (id ? id : null));
const purposeRule = z.enum(PURPOSES);

/** A field of old: the values are set one by one. */
const environmentScopedValuesRule = z
  .array(z.unknown())
  .max(0, { error: 'must be empty: it is deprecated, set the values one by one' })
  .nullish();

export const createSecretInput = z.strictObject({
  app: slugRule,
  name: secretNameRule,
  providerId: providerIdRule,
  purposeType: purposeRule,
  environmentScopedValues: environmentScopedValuesRule,
  discardValues: flagRule,
  idempotencyKey: idempotencyKeyRule,
});
export const updateSecretInput = z.strictObject({
  providerId: providerIdRule.optional(),
  purposeType: purposeRule.optional(),
  expectedRevision: revisionRule,
});
export const secretOnlyInput = z.strictObject({ expectedRevision: revisionRule });

const urn = (text: string) => z.literal(text, { error: `must be ${text}` });

export const setValueInput = z.strictObject({
  environment: slugRule,
  valueTypeUrn: urn(KEY_VALUE_URN),
  hidden: z.boolean(),
  kvAppSecretValue: z.strictObject({ typeHint: urn(TEXT_URN), text: valueRule }),
  expectedRevision: revisionRule,
});
export const unsetValueInput = z.strictObject({ environment: slugRule, expectedRevision: revisionRule });

const between = (min: number, max: number) =>
  z
    .int()
    .min(min, { error: `must be at least ${min}` })
    .max(max, { error: `must be at most ${max}` });

const passwordRule = z.strictObject({
  length: between(8, 256),
  classes: distinct(z.enum(CHARACTER_CLASSES), (name) => name)
    .refine((classes) => classes.length > 0, { error: 'must have at least one entry', params: { rule: 'min' } })
    .nullish()
    .transform((classes) => classes ?? CHARACTER_CLASSES),
  excludeAmbiguous: z
    .boolean()
    .nullish()
    .transform((given) => given ?? false),
});
const apiKeyRule = z.strictObject({
  prefix: pattern(/^[a-zA-Z0-9_-]*$/, 'must be letters, digits, underscores and hyphens', 0, 32)
    .nullish()
    .transform((prefix) => prefix ?? ''),
  bytes: between(16, 256),
});
const sshRule = z.strictObject({
  algorithm: z.enum(['ed25519', 'rsa-3072', 'rsa-4096']),
  comment: pattern(/^([!-~]([ -~]*[!-~])?)?$/, 'must be printable ASCII, without a space at either end', 0, 200)
    .nullish()
    .transform((comment) => comment ?? ''),
});

export const generateValueInput = z.strictObject({
  environment: slugRule,
  hidden: z.boolean(),
  password: passwordRule.nullish(),
  apiKey: apiKeyRule.nullish(),
  sshKeyPair: sshRule.nullish(),
  expectedRevision: revisionRule,
});
/** For the whole input: exactly one recipe. */
export function requireOneRecipe(given: object, ctx: z.RefinementCtx): void {
  const { password, apiKey, sshKeyPair } = given as GenerateValueInput;
  if ([password, apiKey, sshKeyPair].filter((recipe) => recipe !== null && recipe !== undefined).length === 1) return;
  const message = 'must have exactly one of password, apiKey and sshKeyPair';
  ctx.addIssue({ code: 'custom', path: [], params: { rule: 'exclusive' }, message });
}

const MAX_NAMES = 1_000;
const namesRule = listOf(z.string(), MAX_NAMES).nullish();

/** Names as an argument of a query; null: all. */
export function checkedNames(names: readonly string[] | null | undefined): readonly string[] | null {
  const message = 'must have at most 1,000 entries';
  if (names && names.length > MAX_NAMES) throw invalidInput([{ path: ['names'], rule: 'max', message }]);
  return names ?? null;
}

export const copyValuesInput = z.strictObject({ from: slugRule, to: slugRule, names: namesRule, planHash: z.string() });

export type CreateSecretInput = z.output<typeof createSecretInput>;
export type UpdateSecretInput = z.output<typeof updateSecretInput>;
export type SetValueInput = z.output<typeof setValueInput>;
export type GenerateValueInput = z.output<typeof generateValueInput>;
