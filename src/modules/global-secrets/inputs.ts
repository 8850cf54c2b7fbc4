import { z } from 'zod';
import { jsonTroubles } from '../../domain/free-json.ts';
import { descriptionRule, idempotencyKeyRule, identifiedFilesRule, nameRule, revisionRule } from '../../input/rules.ts';
import { gitopsPatchRule, gitopsRule } from '../git-sync/gitops-rule.ts';
import type { GlobalFile, JsonObject } from './model.ts';

/** An object of any JSON that can be given back exactly as it came. */
export const valuesRule = z
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

export const filesRule = identifiedFilesRule.transform((files): ReadonlyMap<string, GlobalFile> => files);

export const FROM_GIT = 'must be absent: they come from the git file while `gitops` is on';

const wholeShape = {
  name: nameRule.nullish(),
  type: z.enum(['secret', 'config']),
  description: descriptionRule,
  values: valuesRule.nullish(),
  files: filesRule.nullish(),
  gitops: gitopsRule.nullish(),
  idempotencyKey: idempotencyKeyRule,
};

type Given = Readonly<Record<'name' | 'values' | 'files' | 'gitops', unknown>>;

const isObject = (payload: { readonly value: unknown }): boolean =>
  typeof payload.value === 'object' && payload.value !== null;

/** Rules of more than one field; they are looked at even if single fields are wrong, so that all is told at once. */
const whole = <Rules extends z.ZodObject>(rules: Rules): Rules =>
  rules
    .refine((given) => (given as Given).name != null || (given as Given).gitops != null, {
      path: ['name'],
      error: 'is required, unless it comes from a git file',
      params: { rule: 'required' },
      when: isObject,
    })
    .refine((given) => (given as Given).gitops == null || (given as Given).values == null, {
      path: ['values'],
      error: FROM_GIT,
      params: { rule: 'gitops' },
      when: isObject,
    })
    .refine((given) => (given as Given).gitops == null || (given as Given).files == null, {
      path: ['files'],
      error: FROM_GIT,
      params: { rule: 'gitops' },
      when: isObject,
    });

export const createGlobalInput = whole(z.strictObject(wholeShape));
export const putGlobalInput = whole(z.strictObject({ ...wholeShape, expectedRevision: revisionRule }));

/** What is absent stays; null clears the description, and turns gitops off. */
export const updateGlobalInput = z.strictObject({
  description: descriptionRule.optional(),
  values: valuesRule.optional(),
  files: filesRule.optional(),
  gitops: gitopsPatchRule.nullish(),
  expectedRevision: revisionRule,
});
export const syncGlobalInput = z.strictObject({
  acceptRewrite: z
    .boolean()
    .nullish()
    .transform((accept) => accept ?? false),
  expectedRevision: revisionRule,
});
export const globalOnlyInput = z.strictObject({ expectedRevision: revisionRule });

export const deleteGlobalInput = z.strictObject({ force: z.boolean().nullish(), expectedRevision: revisionRule });

export type CreateGlobalInput = z.output<typeof createGlobalInput>;
export type PutGlobalInput = z.output<typeof putGlobalInput>;
export type UpdateGlobalInput = z.output<typeof updateGlobalInput>;
