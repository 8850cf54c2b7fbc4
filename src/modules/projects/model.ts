import { z } from 'zod';
import { descriptionRule, idempotencyKeyRule, nameRule, revisionRule } from '../../input/rules.ts';
import type { Json } from '../../store/port.ts';
import type { DocumentType, Stored } from '../../vault/document.ts';

export type ProjectFields = {
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Of a deleted project: when its data keys are destroyed. */
  readonly shredAfter: string | null;
};
export interface ProjectBody {
  readonly description: string | null;
}
export const projectDocument: DocumentType<ProjectFields, ProjectBody> = {
  kind: 'project',
  encode: ({ description }) => ({ description }),
  decode: (json) => ({ description: (json as { readonly [name: string]: Json }).description as string | null }),
};
export type StoredProject = Stored<ProjectFields, ProjectBody>;

/** 3-39 characters, beginning with a letter. */
const projectNameRule = nameRule
  .max(39, { error: 'must have at most 39 characters' })
  .regex(/^[a-zA-Z]/, { error: 'must begin with a letter' });

export const createProjectInput = z.strictObject({
  name: projectNameRule,
  description: descriptionRule,
  idempotencyKey: idempotencyKeyRule,
});
export const updateProjectInput = z.strictObject({
  name: projectNameRule.optional(),
  description: descriptionRule.optional(),
  expectedRevision: revisionRule,
});
export const deleteProjectInput = z.strictObject({});
export type CreateProjectInput = z.output<typeof createProjectInput>;
export type UpdateProjectInput = z.output<typeof updateProjectInput>;
