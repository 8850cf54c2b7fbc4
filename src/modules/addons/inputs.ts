import { z } from 'zod';
import { utf8Size } from '../../domain/template.ts';
import { descriptionRule, idempotencyKeyRule, nameRule, revisionRule, slugRule } from '../../input/rules.ts';
import type { Params } from './model.ts';

const MAX_BYTES = 65_536;

/** A name that is special to JavaScript's objects reads as another object elsewhere. */
function holdsProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(holdsProto);
}

/** Whether what a provider answers could be stored as parameters. */
export const isGoodParams = (params: unknown): params is Params => paramsRule.safeParse(params).success;

/** A JSON object; what may be in it is for the provider to say. */
const paramsRule = z.custom<Params>().superRefine((params, ctx) => {
  const refuse = (rule: string, message: string) => ctx.addIssue({ code: 'custom', params: { rule }, message });
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    return refuse('type', 'must be a JSON object');
  }
  if (holdsProto(params)) return refuse('pattern', 'must not have a field called `__proto__`');
  const text = JSON.stringify(params);
  if (!text.isWellFormed() || text.includes('\\u0000'))
    return refuse('unicode', 'contains a NUL character or an unpaired surrogate');
  if (utf8Size(text) > MAX_BYTES) refuse('max', `must have at most ${MAX_BYTES.toLocaleString('en')} bytes as JSON`);
});

export const createAddonInput = z.strictObject({
  project: slugRule,
  name: nameRule,
  description: descriptionRule,
  provider: slugRule,
  params: paramsRule,
  idempotencyKey: idempotencyKeyRule,
});
export const updateAddonInput = z.strictObject({
  name: nameRule.optional(),
  description: descriptionRule.optional(),
  params: paramsRule.optional(),
  expectedRevision: revisionRule,
});
export const deleteAddonInput = z.strictObject({
  force: z.boolean().nullish(),
  expectedRevision: revisionRule,
});
export const restoreAddonInput = z.strictObject({ expectedRevision: revisionRule });

const MONTH_SECONDS = 30 * 86_400;
export const rotateAddonInput = z.strictObject({
  overlapSeconds: z
    .int()
    .min(0, { error: 'must be at least 0' })
    .max(MONTH_SECONDS, { error: `must be at most ${MONTH_SECONDS.toLocaleString('en')} (30 days)` })
    .nullish()
    .transform((seconds) => seconds ?? 3_600),
  expectedRevision: revisionRule,
});

/** Either what is stored, or all that a form holds. */
export const testAddonInput = z
  .strictObject({
    id: z.string().nullish(),
    project: slugRule.nullish(),
    provider: slugRule.nullish(),
    params: paramsRule.nullish(),
  })
  .superRefine(({ id, ...draft }, ctx) => {
    const wanted = id === null || id === undefined;
    for (const name of ['project', 'provider', 'params'] as const) {
      const has = draft[name] !== null && draft[name] !== undefined;
      if (has === wanted) continue;
      const message = wanted ? 'is required without an `id`' : 'must be absent when an `id` is given';
      ctx.addIssue({ code: 'custom', path: [name], params: { rule: 'exclusive' }, message });
    }
  });
export type CreateAddonInput = z.output<typeof createAddonInput>;
export type UpdateAddonInput = z.output<typeof updateAddonInput>;
