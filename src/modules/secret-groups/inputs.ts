import { z } from 'zod';
import type { Restrictions } from '../../domain/types.ts';
import {
  descriptionRule,
  distinct,
  fileRule,
  filesRule,
  idempotencyKeyRule,
  keyNameRule,
  mountNameRule,
  mountRule,
  mountsRule,
  nameRule,
  pathRule,
  pattern,
  platformIdRule,
  revisionRule,
  slugRule,
  stageRule,
  tagsRule,
  valueRule,
  variablesRule,
} from '../../input/rules.ts';
import { refIn, workloadRefRule } from '../workloads/ref.ts';
import { importedRule } from './importing.ts';
import { UNRESTRICTED } from './model.ts';

const typeRule = z.enum(['secret', 'config']);
const secretTypeRule = z.enum(['environment', 'arguments', 'environment-arguments']);
const priorityRule = z.int().min(0, { error: 'must be at least 0' }).max(100, { error: 'must be at most 100' });

/** What is named; null is no way to say something. */
export const restrictionsRule = z.strictObject({
  restricted: z.boolean({ error: 'must be true or false' }).optional(),
  workloads: distinct(workloadRefRule, ({ id, kind }) => `${kind} ${id}`, 1000).optional(),
  tags: tagsRule.optional(),
  tagMatchCondition: z.enum(['and', 'or']).optional(),
});
export type GivenRestrictions = z.output<typeof restrictionsRule>;

/** The restrictions of a new group: whoever names any part of them means them, unless `restricted` is false. */
export const newRestrictions = (project: string, given: GivenRestrictions | null | undefined): Restrictions =>
  given
    ? restrictionsAfter(project, { ...UNRESTRICTED, restricted: Object.keys(given).length > 0 }, given)
    : UNRESTRICTED;

/** A patch: members that are not named stay, so that nothing opens a group but `restricted: false`. */
export function restrictionsAfter(project: string, before: Restrictions, given: GivenRestrictions): Restrictions {
  const { restricted, workloads, tags, tagMatchCondition } = given;
  return {
    restricted: restricted ?? before.restricted,
    workloads:
      workloads?.map((each, i) => refIn(project, each, ['restrictions', 'workloads', String(i)])) ?? before.workloads,
    tags: tags ?? before.tags,
    tagMatchCondition: tagMatchCondition ?? before.tagMatchCondition,
  };
}

/** Anchored: the seeds' `[a-zA-Z]+` would take any text with a letter in it. */
const linkKeyRule = pattern(
  /^[a-zA-Z][a-zA-Z0-9_]*$/,
  'must be letters, digits and underscores, beginning with a letter',
  1,
  100,
);

const aliasesRule = distinct(keyNameRule, (alias) => alias)
  .nullish()
  .transform((aliases) => aliases ?? []);

export const linkedKeysRule = distinct(
  z.strictObject({ keyName: linkKeyRule, aliases: aliasesRule }),
  ({ keyName }) => keyName,
);

const linkShape = z.strictObject({
  kind: z.enum(['addon', 'external-addon']).nullish(),
  addon: platformIdRule,
  required: z.boolean().nullish(),
  keys: linkedKeysRule,
});

const linkOf = ({ kind, addon, required, keys }: z.output<typeof linkShape>) => ({
  addonKind: kind ?? ('addon' as const),
  addonId: addon,
  required: required ?? false,
  keys,
});

const linkRule = linkShape.transform(linkOf);
const linksRule = distinct(linkShape, ({ kind, addon }) => `${kind ?? 'addon'}/${addon}`).transform((links) =>
  links.map(linkOf),
);

const allowed = { allowDangerousNames: z.boolean().nullish() };

const wholeShape = {
  ...allowed,
  project: slugRule,
  name: nameRule,
  description: descriptionRule,
  stageId: stageRule.nullish().transform((stage) => stage ?? null),
  tags: tagsRule.nullish().transform((tags) => tags ?? []),
  type: typeRule.nullish().transform((type) => type ?? 'secret'),
  secretType: secretTypeRule,
  priority: priorityRule,
  restrictions: restrictionsRule.nullish(),
  variables: variablesRule.nullish().transform((map) => map ?? new Map<string, string>()),
  files: filesRule.nullish().transform((map) => map ?? new Map<never, never>()),
  dockerSecretMounts: mountsRule.nullish().transform((map) => map ?? new Map<never, never>()),
  addonLinks: linksRule.nullish().transform((links) => links ?? []),
};

export const createGroupInput = z.strictObject({ ...wholeShape, idempotencyKey: idempotencyKeyRule });
export const putGroupInput = z.strictObject({
  ...wholeShape,
  expectedRevision: revisionRule,
  idempotencyKey: idempotencyKeyRule,
});

const clearable = <T extends z.ZodType>(rule: T) => rule.nullable().optional();

/** Links of a patch, and of which kind they are all there are: those of the other kind stay. */
const patchedLinks = {
  addonLinks: linksRule.optional(),
  addonLinksKind: z.enum(['addon', 'external-addon']).nullish(),
};

/** What is absent stays; null clears the description and the stage. */
export const updateGroupInput = z.strictObject({
  description: descriptionRule.optional(),
  stageId: clearable(stageRule),
  tags: tagsRule.optional(),
  type: typeRule.optional(),
  secretType: secretTypeRule.optional(),
  priority: priorityRule.optional(),
  restrictions: restrictionsRule.optional(),
  variables: variablesRule.optional(),
  files: filesRule.optional(),
  dockerSecretMounts: mountsRule.optional(),
  ...patchedLinks,
  ...allowed,
  expectedRevision: revisionRule,
});

const expected = { expectedRevision: revisionRule };
export const groupOnlyInput = z.strictObject(expected);
export const rollbackInput = z.strictObject({ revision: z.int().min(1), ...expected });
export const setVariableInput = z.strictObject({ name: keyNameRule, value: valueRule, ...allowed, ...expected });
export const unsetVariableInput = z.strictObject({ name: keyNameRule, ...expected });
export const importInput = z.strictObject({
  source: importedRule,
  mode: z.enum(['merge', 'replace']).nullish(),
  ...allowed,
  ...expected,
});
export const setFileInput = z.strictObject({ file: fileRule, ...expected });
export const unsetFileInput = z.strictObject({ path: pathRule, ...expected });
export const setMountInput = z.strictObject({ mount: mountRule, ...expected });
export const unsetMountInput = z.strictObject({ name: mountNameRule, ...expected });
export const linkAddonInput = z.strictObject({ link: linkRule, ...allowed, ...expected });
export const unlinkAddonInput = z.strictObject({
  kind: z.enum(['addon', 'external-addon']).nullish(),
  addon: platformIdRule,
  ...expected,
});

export type CreateGroupInput = z.output<typeof createGroupInput>;
export type PutGroupInput = z.output<typeof putGroupInput>;
export type UpdateGroupInput = Omit<z.output<typeof updateGroupInput>, 'allowDangerousNames'>;
