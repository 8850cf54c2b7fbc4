import type { InputFieldBuilder } from '@pothos/core';
import type { AddonLink } from '../../domain/types.ts';
import { allowedInProject } from '../../graphql/types/allowed.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import {
  allowDangerousNames,
  expectedRevision,
  FileInput,
  idempotencyKey,
  MountInput,
  SensitivityEnum,
  VariableInput,
} from '../../graphql/types/fields.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { WorkloadRefInput } from '../workloads/types.ts';
import { addHoldingMutations } from './holding-mutations.ts';
import * as inputs from './inputs.ts';
import { AddonKindEnum, SecretTypeEnum, TagMatchEnum, types } from './types.ts';
import { addUpdate, payload } from './update-mutations.ts';

type Inputs = InputFieldBuilder<Types, 'InputObject'>;

const RestrictionsInput = types.inputType('RestrictionsInput', {
  description: 'Who inherits the group. Absent fields take their defaults.',
  fields: (t) => ({
    restricted: t.boolean({ description: 'Whether the restriction is on. Default: false.' }),
    workloads: t.field({ type: [WorkloadRefInput], description: 'Workloads that inherit it. Default: none.' }),
    tags: t.stringList({ description: 'Tags whose workloads inherit it. Default: none.' }),
    tagMatchCondition: t.field({
      type: TagMatchEnum,
      description: 'Whether a workload must carry all or any of the tags. Default: `OR`.',
    }),
  }),
});
const LinkedKeyInput = types.inputType('LinkedKeyInput', {
  description: 'A key of an addon to pass on.',
  fields: (t) => ({
    keyName: t.string({ required: true, description: 'Its name at the provider.' }),
    aliases: t.stringList({
      description: 'Aliases. Default: its default name, such as `EXAMPLE_ADDON_USERNAME`.',
    }),
  }),
});
const linkFields = (t: Inputs) => ({
  kind: t.field({ type: AddonKindEnum, description: 'Kind of the addon. Default: `ADDON`.' }),
  addon: t.field({ type: 'Slug', required: true, description: 'Id of the addon.' }),
  keys: t.field({ type: [LinkedKeyInput], required: true, description: 'The keys to pass on, without duplicates.' }),
  required: t.boolean({
    description: 'If true, a workload gets nothing at all while the addon yields no value. Default: false.',
  }),
});
const AddonLinkInput = types.inputType('AddonLinkInput', { description: 'An addon to link.', fields: linkFields });

const contentFields = (t: Inputs) => ({
  description: t.string({ description: 'At most 200 characters; null or empty for none.' }),
  stageId: t.field({ type: 'Slug', description: '3-100 characters; null for none.' }),
  tags: t.stringList({ description: 'Tags, without duplicates.' }),
  type: t.field({
    type: SensitivityEnum,
    description: 'Sensitivity, which decides the permissions that guard it. Default at creation: `SECRET`.',
  }),
  restrictions: t.field({
    type: RestrictionsInput,
    description:
      'Who inherits it. At creation, absent means every workload; with any member given, the group is restricted unless `restricted` is false. In a patch, absent members stay as they are. A put of a restricted group must give them.',
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

const patchFields = (t: Inputs) => ({
  ...contentFields(t),
  secretType: t.field({ type: SecretTypeEnum, description: 'When it is inherited.' }),
  priority: t.int({ description: '0-100; the higher wins a conflict.' }),
  addonLinksKind: t.field({
    type: AddonKindEnum,
    description: '`addonLinks` are all links to addons of this kind; those to the other kind stay. Absent: all links.',
  }),
});

export function addGroupMutations(builder: Builder): void {
  addMutation(builder, {
    name: 'createSecretGroup',
    description: 'Creates a secret group. Requires `WRITE` on its type, and `LINK` when it links addons.',
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
      'Changes the given fields. A given list replaces the whole list. Requires `WRITE`; for restrictions `MANAGE_RESTRICTIONS`; for the type `CHANGE_TYPE`, and `READ` to turn `SECRET` into `CONFIG`; for links `LINK`.',
    input: patchFields,
    rules: inputs.updateGroupInput,
    run: (ref, input, { services, session }) => services.secretGroups.update(ref, input, session),
  });
  addUpdate(builder, {
    name: 'deleteSecretGroup',
    description: 'Deletes a group, which no workload inherits from then on. It can be restored. Requires `DELETE`.',
    input: () => ({}),
    verb: 'delete',
    rules: inputs.groupOnlyInput,
    run: (ref, _input, { services, session }) => services.secretGroups.remove(ref, session),
  });
  addUpdate(builder, {
    name: 'restoreSecretGroup',
    description: 'Restores a deleted group as it was. Requires `WRITE`.',
    input: () => ({}),
    rules: inputs.groupOnlyInput,
    run: (ref, _input, { services, session }) => services.secretGroups.restore(ref, session),
  });
  addUpdate(builder, {
    name: 'rollbackSecretGroup',
    description:
      'Restores the state of an earlier revision as a new revision. Requires the permissions for all that differs.',
    input: (t) => ({ revision: t.int({ required: true, description: 'The revision to go back to.' }) }),
    rules: inputs.rollbackInput,
    run: (ref, { revision }, { services, session }) => services.secretGroups.rollback(ref, revision, session),
  });
  addHoldingMutations(builder);
  addUpdate(builder, {
    name: 'linkAddon',
    description: 'Links an addon, or replaces the link to it. Requires `WRITE` and `LINK`.',
    input: (t) => ({
      link: t.field({ type: AddonLinkInput, required: true, description: 'The link.' }),
      allowDangerousNames: allowDangerousNames(t),
    }),
    rules: inputs.linkAddonInput,
    run: (ref, { link }, { services, session }) => services.secretGroups.linkAddon(ref, link, session),
  });
  addUpdate(builder, {
    name: 'unlinkAddon',
    description: 'Removes the link to an addon. Requires `WRITE` and `LINK`.',
    input: (t) => ({
      kind: t.field({ type: AddonKindEnum, description: 'Kind of the addon. Default: `ADDON`.' }),
      addon: t.field({ type: 'Slug', required: true, description: 'Id of the addon.' }),
    }),
    rules: inputs.unlinkAddonInput,
    run: (ref, { kind, addon }, { services, session }) =>
      services.secretGroups.unlinkAddon(ref, kind ?? ADDON, addon, session),
  });
}

const ADDON: AddonLink['addonKind'] = 'addon';
