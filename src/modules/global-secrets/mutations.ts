import type { InputFieldBuilder, InputFieldMap } from '@pothos/core';
import type { z } from 'zod';
import type { Verb } from '../../access/model.ts';
import { subjectOf } from '../../audit/reveal.ts';
import { allowedInTeam } from '../../graphql/types/allowed.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { EncodingEnum, expectedRevision, idempotencyKey, SensitivityEnum } from '../../graphql/types/fields.ts';
import { idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import type { CommitFacts } from '../../vault/change.ts';
import { GitopsInput, GitopsPatchInput } from '../git-sync/gitops-schema.ts';
import type { GlobalUpdate } from './find.ts';
import * as inputs from './inputs.ts';
import { globalDocument, type StoredGlobal } from './model.ts';
import { GlobalSecretNode } from './node.ts';
import { types } from './types.ts';

type Inputs = InputFieldBuilder<Types, 'InputObject'>;
type Changed = { readonly globalSecret: StoredGlobal; readonly commit: CommitFacts };

const LISTED = ['globalSecret', 'Global secret'] as const;
const payload = { globalSecret: { type: GlobalSecretNode, description: 'The global secret.' } };

const FileInput = types.inputType('GlobalSecretFileInput', {
  description: 'A file to store in a global secret.',
  fields: (t) => ({
    id: t.string({ required: true, description: '1-100 letters, digits, `_`, `.` and `-`; unique in its list.' }),
    path: t.string({ required: true, description: 'Absolute, without empty, `.` or `..` segments.' }),
    data: t.field({ type: 'Base64', required: true, description: 'The content, at most 1 MiB.' }),
    encoding: t.field({ type: EncodingEnum, description: 'Encoding of the content. Default: `UTF_8`.' }),
  }),
});

const contentFields = (t: Inputs, gitops: typeof GitopsInput | typeof GitopsPatchInput) => ({
  description: t.string({ description: 'At most 200 characters; null or empty for none.' }),
  values: t.field({
    type: 'JSON',
    description: 'All its values: a nested object. Texts in it are no templates: `${` stays as it is.',
  }),
  files: t.field({ type: [FileInput], description: 'All its files.' }),
  gitops: t.field({
    type: gitops,
    description:
      'The git file that values and files come from; `values` and `files` must then be absent. Requires `LINK` on accounts. Null stops following it and keeps what it gave last.',
  }),
});
const wholeFields = (t: Inputs) => ({
  name: t.string({
    description:
      '3-100 letters, digits, single hyphens and spaces; gives the slug. Required, unless a git file gives it by its `name` member or its file name.',
  }),
  type: t.field({
    type: SensitivityEnum,
    required: true,
    description: 'Sensitivity, which decides the permissions that guard it. Fixed after creation.',
  }),
  ...contentFields(t, GitopsInput),
  idempotencyKey: idempotencyKey(t),
});

interface UpdateOptions<Rules extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly input: (t: Inputs) => InputFieldMap;
  /** What it needs on the global secret. */
  readonly verb: Verb;
  readonly rules: Rules;
  readonly run: (ref: GlobalUpdate, input: z.output<Rules>, context: Context) => Promise<Changed>;
}

/** A mutation of one global secret that is there: its id, the revision that the caller saw, and what to do. */
function addUpdate<Rules extends z.ZodObject>(
  builder: Builder,
  { name, description, input, verb, rules, run }: UpdateOptions<Rules>,
): void {
  addMutation(builder, {
    name,
    description,
    input: (t) => ({
      id: t.id({ required: true, description: 'The global secret.' }),
      ...input(t),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInTeam(verb, 'globalSecret', LISTED),
    rules: rules.extend({ id: idRule('GlobalSecret') }),
    failures: ['notFound', 'conflict', 'limit'],
    run: (given, context) => {
      const { id, expectedRevision: revision, ...rest } = given as Record<string, unknown>;
      const ref = { slug: id as string, expectedRevision: revision as number | null | undefined };
      return run(ref, rest as z.output<Rules>, context);
    },
    payload,
  });
}

/** Of those that follow a git file. */
function addGitMutations(builder: Builder): void {
  addUpdate(builder, {
    name: 'syncGlobalSecret',
    description:
      'Reads the git file now. One commit records the result, also a failure: see the status. Requires `WRITE`.',
    input: (t) => ({
      acceptRewrite: t.boolean({ description: 'Accept the file even if a rewritten history is held. Default: false.' }),
    }),
    verb: 'write',
    rules: inputs.syncGlobalInput,
    run: (ref, { acceptRewrite }, { services, session }) => services.gitSyncs.syncNow(ref, acceptRewrite, session),
  });
  addMutation(builder, {
    name: 'rotateGitHookSecret',
    description:
      'Creates a new secret for the push webhook of a global secret that follows a git file. Requires `WRITE`.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The global secret.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInTeam('write', 'globalSecret', LISTED),
    rules: inputs.globalOnlyInput.extend({ id: idRule('GlobalSecret') }),
    failures: ['notFound', 'conflict'],
    run: ({ id, expectedRevision: revision }, { services, session }) =>
      services.gitSyncs.rotateHookSecret({ slug: id, expectedRevision: revision }, session),
    payload: {
      ...payload,
      hookSecret: {
        type: 'String',
        description: 'The secret, shown only once. The git host signs with it or sends it.',
        toldOf: ({ globalSecret }) => subjectOf(globalDocument.kind, globalSecret.key),
      },
    },
  });
}

export function addGlobalMutations(builder: Builder): void {
  addGitMutations(builder);
  addMutation(builder, {
    name: 'createGlobalSecret',
    description: 'Creates a global secret. Requires `WRITE` on its type.',
    input: wholeFields,
    allowed: allowedInTeam('write', 'globalSecret'),
    rules: inputs.createGlobalInput,
    failures: ['notFound', 'conflict', 'limit'],
    run: (input, { services, session }) => services.globalSecrets.create(input, session),
    payload,
  });
  addMutation(builder, {
    name: 'putGlobalSecret',
    description: 'Creates the global secret with the slug that the name gives, or replaces all of it except its type.',
    input: (t) => ({ ...wholeFields(t), expectedRevision: expectedRevision(t) }),
    allowed: allowedInTeam('write', 'globalSecret'),
    rules: inputs.putGlobalInput,
    failures: ['notFound', 'conflict', 'limit'],
    run: (input, { services, session }) => services.globalSecrets.put(input, session),
    payload,
  });
  addUpdate(builder, {
    name: 'updateGlobalSecret',
    description:
      'Changes the given fields, also within `gitops`. Given values or files replace all of them. Requires `WRITE`.',
    input: (t) => contentFields(t, GitopsPatchInput),
    verb: 'write',
    rules: inputs.updateGlobalInput,
    run: (ref, input, { services, session }) => services.globalSecrets.update(ref, input, session),
  });
  addUpdate(builder, {
    name: 'deleteGlobalSecret',
    description: 'Deletes a global secret that nothing refers to. It can be restored. Requires `DELETE`.',
    input: (t) => ({
      force: t.boolean({ description: 'Delete it even if references are left unresolved. Default: false.' }),
    }),
    verb: 'delete',
    rules: inputs.deleteGlobalInput,
    run: (ref, { force }, { services, session }) => services.globalSecrets.remove(ref, force === true, session),
  });
  addUpdate(builder, {
    name: 'restoreGlobalSecret',
    description: 'Restores a deleted global secret as it was. Requires `WRITE`.',
    input: () => ({}),
    verb: 'write',
    rules: inputs.globalOnlyInput,
    run: (ref, _input, { services, session }) => services.globalSecrets.restore(ref, session),
  });
}
