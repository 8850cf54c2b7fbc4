import { z } from 'zod';
import { descriptionRule, idempotencyKeyRule, revisionRule, slugRule } from '../../input/rules.ts';
import type { Json } from '../../store/port.ts';
import type { DocumentType, Stored } from '../../vault/document.ts';

export type TagFields = { readonly createdAt: string; readonly updatedAt: string };
export interface TagBody {
  readonly description: string | null;
}
export const tagDocument: DocumentType<TagFields, TagBody> = {
  kind: 'tag',
  encode: ({ description }) => ({ description }),
  decode: (json) => ({ description: (json as { readonly [name: string]: Json }).description as string | null }),
};
export type StoredTag = Stored<TagFields, TagBody>;

export const createTagInput = z.strictObject({
  name: slugRule,
  description: descriptionRule,
  idempotencyKey: idempotencyKeyRule,
});
export const updateTagInput = z.strictObject({
  description: descriptionRule.optional(),
  expectedRevision: revisionRule,
});
export const deleteTagInput = z.strictObject({ expectedRevision: revisionRule });
export type CreateTagInput = z.output<typeof createTagInput>;
export type UpdateTagInput = z.output<typeof updateTagInput>;
