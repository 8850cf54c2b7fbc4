import { z } from 'zod';
import { jsonTroubles } from '../../domain/free-json.ts';
import { descriptionRule, idempotencyKeyRule, identifiedFilesRule, nameRule, revisionRule } from '../rules.ts';
import type { GlobalFile, JsonObject } from './model.ts';

/** An object of any JSON that can be given back exactly as it came. */
const valuesRule = z
  .custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be a JSON object',
    params: { rule: 'type' },
    abort: true,
  })
  .superRefine((value, ctx) => {
    for (const { path, rule, message } of jsonTroubles(value)) {
      ctx.addIssue({ code: 'custom', path: [...path], params: { rule }, message });
    }
  });

const filesRule = identifiedFilesRule.transform((files): ReadonlyMap<string, GlobalFile> => files);

const wholeShape = {
  name: nameRule,
  type: z.enum(['secret', 'config']),
  description: descriptionRule,
  values: valuesRule.nullish().transform((values): JsonObject => values ?? {}),
  files: filesRule.nullish().transform((files) => files ?? new Map<never, never>()),
};

export const createGlobalInput = z.strictObject({ ...wholeShape, idempotencyKey: idempotencyKeyRule });
export const putGlobalInput = z.strictObject({
  ...wholeShape,
  expectedRevision: revisionRule,
  idempotencyKey: idempotencyKeyRule,
});

/** What is absent stays; null clears the description. */
export const updateGlobalInput = z.strictObject({
  description: descriptionRule.optional(),
  values: valuesRule.optional(),
  files: filesRule.optional(),
  expectedRevision: revisionRule,
});
export const globalOnlyInput = z.strictObject({ expectedRevision: revisionRule });

export type CreateGlobalInput = z.output<typeof createGlobalInput>;
export type PutGlobalInput = z.output<typeof putGlobalInput>;
export type UpdateGlobalInput = z.output<typeof updateGlobalInput>;
