import type { InputFieldBuilder, InputFieldMap } from '@pothos/core';
import type { z } from 'zod';
import type { Verb } from '../../access/model.ts';
import type { AddonLink } from '../../domain/types.ts';
import { allowedById, allowedInProject } from '../../graphql/types/allowed.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import {
  allowDangerousNames,
  expectedRevision,
  FileInput,
  idempotencyKey,
  MountInput,
  SensitivityEnum,
  VariableInput,
} from '../../graphql/types/fields.ts';
import { groupAddress, idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import type { CommitFacts } from '../../vault/change.ts';
import { WorkloadRefInput } from '../workloads/types.ts';
import type { GroupUpdate } from './finding.ts';
import { addImportPreview, importedOf, importFields } from './import-schema.ts';
import * as inputs from './inputs.ts';
import type { StoredGroup } from './model.ts';
import { SecretGroupNode } from './node.ts';
import { AddonKindEnum, SecretTypeEnum, TagMatchEnum, types } from './types.ts';

type Inputs = InputFieldBuilder<Types, 'InputObject'>;
type Changed = { readonly secretGroup: StoredGroup; readonly commit: CommitFacts };

const payload = { secretGroup: { type: SecretGroupNode, description: 'The secret group.' } };

const RestrictionsInput = types.inputType('RestrictionsInput', {
  description: 'Who inherits the group. What is absent takes its default.',
  fields: (t) => ({
    restricted: t.boolean({ description: 'Whether the restriction is on; absent: off.' }),
    workloads: t.field({ type: [WorkloadRefInput], description: 'Workloads that inherit it; absent: none.' }),
    tags: t.stringList({ description: 'Tags whose workloads inherit it; absent: none.' }),
    tagMatchCondition: t.field({
      type: TagMatchEnum,
      description: 'Whether all or any of the tags are needed; absent: `OR`.',
    }),
  }),
});
const LinkedKeyInput = types.inputType('LinkedKeyInput', {
  description: 'A key of an addon to pass on.',
  fields: (t) => ({
    keyName: t.string({ required: true, description: 'Its name at the provider.' }),
    aliases: t.stringList({
      description: 'Names to give it; absent: its default name, such as `EXAMPLE_ADDON_USERNAME`.',
    }),
  }),
});
const linkFields = (t: Inputs) => ({
  kind: t.field({ type: AddonKindEnum, description: 'Kind of the addon; absent: `ADDON`.' }),
  addon: t.field({ type: 'Slug', required: true, description: 'Id of the addon.' }),
  keys: t.field({ type: [LinkedKeyInput], required: true, description: 'The keys to pass on, each once.' }),
  required: t.boolean({
    description: 'Whether resolution fails as a whole when the addon yields nothing; absent: no.',
  }),
});
const AddonLinkInput = types.inputType('AddonLinkInput', { description: 'An addon to link.', fields: linkFields });

const contentFields = (t: Inputs) => ({
  description: t.string({ description: 'At most 200 characters; null or empty: none.' }),
  stageId: t.field({ type: 'Slug', description: '3-100 characters; null: none.' }),
  tags: t.stringList({ description: 'Tags, each once.' }),
  type: t.field({
    type: SensitivityEnum,
    description: 'Which permissions guard it; `SECRET` at creation unless given.',
  }),
  restrictions: t.field({
    type: RestrictionsInput,
    description:
      'Who inherits it. At creation: absent, everybody; with any member named, restricted unless `restricted` is false. In a patch members that are absent stay. A put of a restricted group must name them.',
  }),
  variables: t.field({ type: [VariableInput], description: 'All its variables.' }),
  files: t.field({ type: [FileInput], description: 'All its files.' }),
  dockerSecretMounts: t.field({ type: [MountInput], description: 'All its Docker secret mounts.' }),
  addonLinks: t.field({ type: [AddonLinkInput], description: 'All its addon links.' }),
  allowDangerousNames: allowDangerousNames(t),
});
const wholeFields = (t: Inputs) => ({
  project: t.field({ type: 'Slug', required: true, description: 'Slug of the project.' }),
  name: t.string({ required: true, description: '3-100 letters, digits, single hyphens and spaces; gives the slug.' }),
  secretType: t.field({ type: SecretTypeEnum, required: true, description: 'When it is inherited.' }),
  priority: t.int({ required: true, description: '0-100; the higher wins a conflict.' }),
  ...contentFields(t),
  idempotencyKey: idempotencyKey(t),
});

const addressRule = idRule('SecretGroup').transform((local) => groupAddress(local));

interface UpdateOptions<Rules extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly input: (t: Inputs) => InputFieldMap;
  /** What it needs on the group; absent: `WRITE`. */
  readonly verb?: Verb;
  readonly rules: Rules;
  readonly run: (ref: GroupUpdate, input: z.output<Rules>, context: Context) => Promise<Changed>;
}

/** A mutation of one group that is there: its id, the revision that the caller saw, and what to do. */
function addUpdate<Rules extends z.ZodObject>(builder: Builder, options: UpdateOptions<Rules>): void {
  const { name, description, input, verb = 'write', rules, run } = options;
  addMutation(builder, {
    name,
    description,
    input: (t) => ({
      id: t.id({ required: true, description: 'The secret group.' }),
      ...input(t),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedById(verb, 'secretGroup', 'SecretGroup', 'Secret group'),
    rules: rules.extend({ id: addressRule }),
    failures: ['notFound', 'conflict', 'limit'],
    run: (given, context) => {
      const {
        id,
        expectedRevision: revision,
        allowDangerousNames: allowed,
        ...rest
      } = given as Record<string, unknown>;
      const ref = {
        ...(id as ReturnType<typeof groupAddress>),
        expectedRevision: revision as number | null | undefined,
        allowDangerousNames: allowed as boolean | null | undefined,
      };
      return run(ref, rest as z.output<Rules>, context);
    },
    payload,
  });
}

export function addGroupMutations(builder: Builder): void {
  addMutation(builder, {
    name: 'createSecretGroup',
    description: 'Creates a secret group. Needs `WRITE` on its type, and `LINK` when it links addons.',
    input: wholeFields,
    allowed: allowedInProject('write', 'secretGroup'),
    rules: inputs.createGroupInput,
    failures: ['notFound', 'conflict', 'limit'],
    run: (input, { services, session }) => services.secretGroups.create(input, session),
    payload,
  });
  addMutation(builder, {
    name: 'putSecretGroup',
    description: 'Creates the group with the slug that the name gives, or replaces it as a whole.',
    input: (t) => ({ ...wholeFields(t), expectedRevision: expectedRevision(t) }),
    allowed: allowedInProject('write', 'secretGroup'),
    rules: inputs.putGroupInput,
    failures: ['notFound', 'conflict', 'limit'],
    run: (input, { services, session }) => services.secretGroups.put(input, session),
    payload,
  });
  addUpdate(builder, {
    name: 'updateSecretGroup',
    description:
      'Changes what is given. A given list replaces the whole list. Needs `WRITE`; for restrictions `MANAGE_RESTRICTIONS`; for the type `CHANGE_TYPE`, and `READ` to make a secret configuration; for links `LINK`.',
    input: (t) => ({
      ...contentFields(t),
      secretType: t.field({ type: SecretTypeEnum, description: 'When it is inherited.' }),
      priority: t.int({ description: '0-100; the higher wins a conflict.' }),
    }),
    rules: inputs.updateGroupInput,
    run: (ref, input, { services, session }) => services.secretGroups.update(ref, input, session),
  });
  addUpdate(builder, {
    name: 'deleteSecretGroup',
    description: 'Deletes a group; nobody inherits from it any more. It can be restored. Needs `DELETE`.',
    input: () => ({}),
    verb: 'delete',
    rules: inputs.groupOnlyInput,
    run: (ref, _input, { services, session }) => services.secretGroups.remove(ref, session),
  });
  addUpdate(builder, {
    name: 'restoreSecretGroup',
    description: 'Brings a deleted group back as it was. Needs `WRITE`.',
    input: () => ({}),
    rules: inputs.groupOnlyInput,
    run: (ref, _input, { services, session }) => services.secretGroups.restore(ref, session),
  });
  addUpdate(builder, {
    name: 'rollbackSecretGroup',
    description: 'Makes an earlier revision the present one, as a new revision. Needs what the difference needs.',
    input: (t) => ({ revision: t.int({ required: true, description: 'The revision to go back to.' }) }),
    rules: inputs.rollbackInput,
    run: (ref, { revision }, { services, session }) => services.secretGroups.rollback(ref, revision, session),
  });
  addHoldingMutations(builder);
  addUpdate(builder, {
    name: 'linkAddon',
    description: 'Links an addon, or replaces the link to it. Needs `WRITE` and `LINK`.',
    input: (t) => ({
      link: t.field({ type: AddonLinkInput, required: true, description: 'The link.' }),
      allowDangerousNames: allowDangerousNames(t),
    }),
    rules: inputs.linkAddonInput,
    run: (ref, { link }, { services, session }) => services.secretGroups.linkAddon(ref, link, session),
  });
  addUpdate(builder, {
    name: 'unlinkAddon',
    description: 'Removes the link to an addon. Needs `WRITE` and `LINK`.',
    input: (t) => ({
      kind: t.field({ type: AddonKindEnum, description: 'Kind of the addon; absent: `ADDON`.' }),
      addon: t.field({ type: 'Slug', required: true, description: 'Id of the addon.' }),
    }),
    rules: inputs.unlinkAddonInput,
    run: (ref, { kind, addon }, { services, session }) =>
      services.secretGroups.unlinkAddon(ref, kind ?? ADDON, addon, session),
  });
}

const ADDON: AddonLink['addonKind'] = 'addon';

/** Single variables, files and mounts. */
function addHoldingMutations(builder: Builder): void {
  const name = (t: Inputs) => t.string({ required: true, description: 'Its name.' });
  addUpdate(builder, {
    name: 'setSecretGroupVariable',
    description: 'Adds or replaces one variable. Needs `WRITE`.',
    input: (t) => ({
      name: name(t),
      value: t.string({ required: true, description: 'Text, at most 64 KiB.' }),
      allowDangerousNames: allowDangerousNames(t),
    }),
    rules: inputs.setVariableInput,
    run: (ref, input, { services, session }) =>
      services.secretGroups.setVariable(ref, input.name, input.value, session),
  });
  addUpdate(builder, {
    name: 'importSecretGroupVariables',
    description:
      'Reads variables from the text of a file into the group. Nothing in it is run or expanded; a line that cannot be read refuses all of it, by its number. Needs `WRITE`.',
    input: importFields,
    rules: inputs.importInput,
    run: (ref, input, { services, session }) => services.secretGroups.importVariables(ref, importedOf(input), session),
  });
  addImportPreview(builder);
  addUpdate(builder, {
    name: 'unsetSecretGroupVariable',
    description: 'Removes one variable. Needs `WRITE`.',
    input: (t) => ({ name: name(t) }),
    rules: inputs.unsetVariableInput,
    run: (ref, input, { services, session }) => services.secretGroups.unsetVariable(ref, input.name, session),
  });
  addUpdate(builder, {
    name: 'setSecretGroupFile',
    description: 'Adds or replaces one file. Needs `WRITE`.',
    input: (t) => ({ file: t.field({ type: FileInput, required: true, description: 'The file.' }) }),
    rules: inputs.setFileInput,
    run: (ref, { file }, { services, session }) =>
      services.secretGroups.setFile(ref, 'files', file.name, file.upload, session),
  });
  addUpdate(builder, {
    name: 'unsetSecretGroupFile',
    description: 'Removes one file. Needs `WRITE`.',
    input: (t) => ({ path: t.string({ required: true, description: 'Its path.' }) }),
    rules: inputs.unsetFileInput,
    run: (ref, { path }, { services, session }) => services.secretGroups.unsetFile(ref, 'files', path, session),
  });
  addUpdate(builder, {
    name: 'setSecretGroupDockerSecretMount',
    description: 'Adds or replaces one Docker secret mount. Needs `WRITE`.',
    input: (t) => ({ mount: t.field({ type: MountInput, required: true, description: 'The mount.' }) }),
    rules: inputs.setMountInput,
    run: (ref, { mount }, { services, session }) =>
      services.secretGroups.setFile(ref, 'mounts', mount.name, mount.upload, session),
  });
  addUpdate(builder, {
    name: 'unsetSecretGroupDockerSecretMount',
    description: 'Removes one Docker secret mount. Needs `WRITE`.',
    input: (t) => ({ name: name(t) }),
    rules: inputs.unsetMountInput,
    run: (ref, input, { services, session }) => services.secretGroups.unsetFile(ref, 'mounts', input.name, session),
  });
}
