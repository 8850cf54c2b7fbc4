import { z } from 'zod';
import {
  distinct,
  flagRule,
  idempotencyKeyRule,
  nameRule,
  pattern,
  revisionRule,
  slugRule,
} from '../../input/rules.ts';
import { slugOf } from '../../kernel/ids.ts';

/** As other names, but short ones are common: `qa`, `eu`. */
const environmentNameRule = pattern(
  /^[a-zA-Z0-9]+((-| )[a-zA-Z0-9]+)*$/,
  'must be letters and digits with single hyphens or spaces between them',
  1,
  50,
);
const orderRule = z
  .int()
  .min(0, { error: 'must be at least 0' })
  .max(1_000_000, { error: 'must be at most 1,000,000' });

const environmentShape = {
  name: environmentNameRule,
  order: orderRule.nullish(),
  protected: flagRule,
};

export const createAppInput = z.strictObject({
  name: nameRule,
  environments: distinct(z.strictObject(environmentShape), ({ name }) => slugOf(name), 1_000)
    .nullish()
    .transform((environments) => environments ?? []),
  idempotencyKey: idempotencyKeyRule,
});
export const updateAppInput = z.strictObject({ name: nameRule.optional(), expectedRevision: revisionRule });
export const appOnlyInput = z.strictObject({ expectedRevision: revisionRule });

export const createEnvironmentInput = z.strictObject({
  app: slugRule,
  ...environmentShape,
  discardValues: flagRule,
  idempotencyKey: idempotencyKeyRule,
});
export const updateEnvironmentInput = z.strictObject({
  name: environmentNameRule.optional(),
  order: orderRule.optional(),
  protected: z.boolean().optional(),
  expectedRevision: revisionRule,
});
export const deleteEnvironmentInput = z.strictObject({
  force: flagRule,
  expectedRevision: revisionRule,
});

export type CreateAppInput = z.output<typeof createAppInput>;
export type UpdateAppInput = z.output<typeof updateAppInput>;
export type CreateEnvironmentInput = z.output<typeof createEnvironmentInput>;
export type UpdateEnvironmentInput = z.output<typeof updateEnvironmentInput>;
