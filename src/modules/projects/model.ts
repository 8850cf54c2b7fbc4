import { z } from 'zod';
import { descriptionRule, idempotencyKeyRule, nameRule, revisionRule } from '../../input/rules.ts';
import type { Json } from '../../store/port.ts';
import type { DocumentType, Stored } from '../../vault/document.ts';

export type ProjectFields = {
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Random, of this one among the projects that have the slug one after another: what names a project is bound to it. */
  readonly incarnation: string;
  /** Which of those it is: 1, 2, 3, ... */
  readonly generation: number;
  /** The last commit that touched the one before it; 0: there was none. What is older in the log is not of this project. */
  readonly bornAfter: number;
  /** Of a deleted project: when its data keys are destroyed. */
  readonly shredAfter: string | null;
  /** null: it lives, or can be restored; `done`: nothing is left of it but this document, which keeps count. */
  readonly destruction: 'begun' | 'done' | null;
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

/** Nothing brings it back. */
const isLost = ({ fields }: StoredProject): boolean => fields.destruction !== null;

/** What a name given now stands for: the project that has the slug, deleted or not, or else the next that gets it. */
export function bindingTo(project: StoredProject | null): string {
  if (project && !isLost(project)) return project.fields.incarnation;
  return next((project?.fields.generation ?? 0) + 1);
}

const next = (generation: number): string => `#${generation}`;

/** Whether a name that was given some time ago stands for what has the slug now, or for what gets it next. */
export const isBoundTo = (binding: string, project: StoredProject | null): boolean =>
  binding === bindingTo(project) ||
  (project !== null && !isLost(project) && binding === next(project.fields.generation));

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
export const deleteProjectInput = z.strictObject({ expectedRevision: revisionRule });
export const restoreProjectInput = z.strictObject({});
export type CreateProjectInput = z.output<typeof createProjectInput>;
export type UpdateProjectInput = z.output<typeof updateProjectInput>;
