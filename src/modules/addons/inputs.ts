import { z } from 'zod';
import { utf8Size } from '../../domain/template.ts';
import { descriptionRule, idempotencyKeyRule, nameRule, revisionRule, slugRule } from '../rules.ts';
import type { Params } from './model.ts';

const MOST_BYTES = 65_536;

/** A name that is special to JavaScript's objects reads as another object elsewhere. */
function holdsProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(holdsProto);
}

/** A JSON object; what may be in it is for the provider to say. */
const paramsRule = z.custom<Params>().superRefine((params, ctx) => {
  const refuse = (rule: string, message: string) => ctx.addIssue({ code: 'custom', params: { rule }, message });
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    return refuse('type', 'must be a JSON object');
  }
  if (holdsProto(params)) return refuse('pattern', 'must not hold `__proto__`');
  const text = JSON.stringify(params);
  if (!text.isWellFormed() || text.includes('\\u0000'))
    return refuse('unicode', 'holds a NUL character or a lone surrogate');
  if (utf8Size(text) > MOST_BYTES) refuse('max', `must have at most ${MOST_BYTES} bytes`);
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
export type CreateAddonInput = z.output<typeof createAddonInput>;
export type UpdateAddonInput = z.output<typeof updateAddonInput>;
