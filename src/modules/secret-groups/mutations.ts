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
