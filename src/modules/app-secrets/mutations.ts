import type { InputFieldBuilder } from '@pothos/core';
import { allowedInTeam } from '../../graphql/types/allowed.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import { idempotencyKey } from '../../graphql/types/fields.ts';
import { idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { addUpdateInApp } from '../apps/mutations.ts';
import { PlanType } from './copy-schema.ts';
import * as inputs from './inputs.ts';
import { AppSecretNode } from './node.ts';
import { PurposeEnum, types } from './types.ts';
import { ValueType } from './value-schema.ts';

type Inputs = InputFieldBuilder<Types, 'InputObject'>;

const payload = { appSecret: { type: AppSecretNode, description: 'The app secret.' } };
const valuePayload = { appSecretValue: { type: ValueType, description: 'The value.' } };

const environment = (t: Inputs) => t.field({ type: 'Slug', required: true, description: 'Slug of the environment.' });
const hidden = (t: Inputs) =>
  t.boolean({
    required: true,
    description: 'Whether it is write-only: it cannot be read back, only `rendered` shows it.',
  });

export function addAppSecretMutations(builder: Builder): void {
  addMutation(builder, {
    name: 'createAppSecret',
    description: 'Creates a secret of an app, without a value in any environment. Requires `WRITE` on app secrets.',
    input: (t) => ({
      app: t.field({ type: 'Slug', required: true, description: 'Slug of the app.' }),
      name: t.string({
        required: true,
        description:
          '1-128 printable ASCII characters, a letter or digit among them; gives the slug, and never changes.',
      }),
      providerId: t.string({ description: 'At most 200 characters; null or empty for none.' }),
      purposeType: t.field({ type: PurposeEnum, required: true, description: 'What it is for.' }),
      environmentScopedValues: t.field({
        type: ['JSON'],
        deprecationReason: 'Values are set one by one with `setAppSecretValue`.',
        description: 'Must be empty or absent.',
      }),
      discardValues: t.boolean({
        description:
          'Create it even if a deleted secret of the same slug has values, which can then never be restored; requires the same permissions as deleting it. Default: false, and such a secret is a conflict.',
      }),
      idempotencyKey: idempotencyKey(t),
    }),
    allowed: allowedInTeam('write', 'appSecret', ['app', 'App']),
    rules: inputs.createSecretInput,
    failures: ['notFound', 'conflict', 'limit'],
    run: (input, { services, session }) => services.appSecrets.create(input, session),
    payload,
  });
  addUpdateInApp(builder, {
    name: 'updateAppSecret',
    of: 'AppSecret',
    description: 'Changes the given fields; the name stays. Requires `WRITE`.',
    input: (t) => ({
      providerId: t.string({ description: 'At most 200 characters; null or empty for none.' }),
      purposeType: t.field({ type: PurposeEnum, description: 'What it is for.' }),
    }),
    verb: 'write',
    rules: inputs.updateSecretInput,
    run: (ref, input, { services, session }) => services.appSecrets.update(ref, input, session),
    payload,
  });
  addUpdateInApp(builder, {
    name: 'deleteAppSecret',
    of: 'AppSecret',
    description:
      'Deletes a secret with its values; it can be restored. Requires `DELETE`, and `WRITE_PROTECTED` if it has a value in a protected environment.',
    input: () => ({}),
    verb: 'delete',
    rules: inputs.secretOnlyInput,
    run: (ref, _input, { services, session }) => services.appSecrets.remove(ref, session),
    payload,
  });
  addUpdateInApp(builder, {
    name: 'restoreAppSecret',
    of: 'AppSecret',
    description:
      'Restores a deleted secret with its values. Requires `WRITE`, and `WRITE_PROTECTED` if it has a value in a protected environment.',
    input: () => ({}),
    verb: 'write',
    rules: inputs.secretOnlyInput,
    run: (ref, _input, { services, session }) => services.appSecrets.restore(ref, session),
    payload,
  });
  addValueMutations(builder);
  addGenerator(builder);
  addCopy(builder);
}

function addValueMutations(builder: Builder): void {
  const TextInput = builder.inputType('KeyValueAppSecretInput', {
    description: 'A text that is the value of a secret.',
    fields: (t) => ({
      typeHint: t.string({ required: true, description: `\`${inputs.TEXT_URN}\`.` }),
      text: t.string({ required: true, description: 'The value, at most 64 KiB.' }),
    }),
  });
  addUpdateInApp(builder, {
    name: 'setAppSecretValue',
    of: 'AppSecret',
    description:
      "Sets a secret's value in one environment. Requires `WRITE`, and `WRITE_PROTECTED` if the environment is protected.",
    input: (t) => ({
      environment: environment(t),
      valueTypeUrn: t.string({ required: true, description: `\`${inputs.KEY_VALUE_URN}\`.` }),
      hidden: hidden(t),
      kvAppSecretValue: t.field({ type: TextInput, required: true, description: 'The value.' }),
    }),
    verb: 'write',
    rules: inputs.setValueInput,
    run: (ref, input, { services, session }) =>
      services.appSecrets.setValue({ ...ref, environment: input.environment }, input, session),
    payload: valuePayload,
  });
  addUpdateInApp(builder, {
    name: 'unsetAppSecretValue',
    of: 'AppSecret',
    description: "Unsets a secret's value in one environment. Requires the same permissions as setting it.",
    input: (t) => ({ environment: environment(t) }),
    verb: 'write',
    rules: inputs.unsetValueInput,
    run: (ref, input, { services, session }) =>
      services.appSecrets.unsetValue({ ...ref, environment: input.environment }, session),
    payload: valuePayload,
  });
}

function addGenerator(builder: Builder): void {
  addUpdateInApp(builder, {
    name: 'generateAppSecretValue',
    of: 'AppSecret',
    description:
      'Generates a value from one recipe and sets it without showing it. Requires the same permissions as setting a value.',
    input: (t) => ({ environment: environment(t), hidden: hidden(t), ...recipes(t) }),
    verb: 'write',
    rules: inputs.generateValueInput,
    also: inputs.requireOneRecipe,
    run: (ref, input, { services, session }) =>
      services.appSecrets.generate({ ...ref, environment: input.environment }, input, session),
    payload: {
      ...valuePayload,
      entropyBits: {
        type: 'Float',
        nullable: true,
        description: 'Entropy in bits; null for a key pair, which is as strong as its algorithm.',
      },
      publicKey: {
        type: 'String',
        nullable: true,
        description: 'The public key as a line of `authorized_keys`; null unless a key pair was generated.',
      },
      fingerprint: {
        type: 'String',
        nullable: true,
        description: 'Fingerprint of the public key, `SHA256:` and base64; null unless a key pair was generated.',
      },
    },
  });
}

const ClassEnum = types.enumType('CharacterClass', {
  description: 'Characters of a password.',
  values: {
    LOWER: { value: 'lower' as const, description: '`a` to `z`.' },
    UPPER: { value: 'upper' as const, description: '`A` to `Z`.' },
    DIGITS: { value: 'digits' as const, description: '`0` to `9`.' },
    SYMBOLS: { value: 'symbols' as const, description: 'The other printable ASCII characters, without the space.' },
  },
});
const PasswordInput = types.inputType('PasswordRecipeInput', {
  description: 'A random password with a character of each class. All such passwords are equally likely.',
  fields: (t) => ({
    length: t.int({ required: true, description: '8-256 characters.' }),
    classes: t.field({ type: [ClassEnum], description: 'At least one, without duplicates. Default: all.' }),
    excludeAmbiguous: t.boolean({
      description: 'Leave out characters that look alike: 0 O o 1 l I | and quotes. Default: false.',
    }),
  }),
});
const ApiKeyInput = types.inputType('ApiKeyRecipeInput', {
  description: 'Random bytes in base64url.',
  fields: (t) => ({
    prefix: t.string({ description: 'Prefix of at most 32 letters, digits, `_` and `-`. Default: none.' }),
    bytes: t.int({ required: true, description: '16-256 random bytes.' }),
  }),
});
const SshAlgorithmEnum = types.enumType('SshKeyAlgorithm', {
  description: 'The kind of an SSH key.',
  values: {
    ED25519: { value: 'ed25519' as const, description: 'Ed25519.' },
    RSA_3072: { value: 'rsa-3072' as const, description: 'RSA with 3,072 bits.' },
    RSA_4096: { value: 'rsa-4096' as const, description: 'RSA with 4,096 bits.' },
  },
});
const SshInput = types.inputType('SshKeyPairRecipeInput', {
  description: 'An SSH key pair in the format of OpenSSH; the value is the private key, without a passphrase.',
  fields: (t) => ({
    algorithm: t.field({ type: SshAlgorithmEnum, required: true, description: 'Kind of the key.' }),
    comment: t.string({ description: 'At most 200 printable ASCII characters. Default: none.' }),
  }),
});
const recipes = (t: Inputs) => ({
  password: t.field({ type: PasswordInput, description: 'A password. Exactly one recipe is given.' }),
  apiKey: t.field({ type: ApiKeyInput, description: 'An API key. Exactly one recipe is given.' }),
  sshKeyPair: t.field({ type: SshInput, description: 'An SSH key pair. Exactly one recipe is given.' }),
});

function addCopy(builder: Builder): void {
  addMutation(builder, {
    name: 'copyAppSecretValues',
    description:
      'Copies values from one environment to another, as `previewAppSecretCopy` showed it; a conflict when one of them has changed since. ' +
      'Hidden ones stay hidden. Requires `WRITE`, `READ` for those that are not hidden, and `WRITE_PROTECTED` if the environment they go to is protected.',
    input: (t) => ({
      app: t.id({ required: true, description: 'The app.' }),
      from: t.field({ type: 'Slug', required: true, description: 'Slug of the environment to copy from.' }),
      to: t.field({ type: 'Slug', required: true, description: 'Slug of the environment to copy to.' }),
      names: t.stringList({ description: 'The names given to the preview.' }),
      planHash: t.string({ required: true, description: 'The `planHash` of the preview.' }),
    }),
    allowed: allowedInTeam('write', 'appSecret', ['app', 'App']),
    rules: inputs.copyValuesInput.extend({ app: idRule('App') }),
    failures: ['notFound', 'conflict'],
    run: ({ names, ...ask }, { services, session }) =>
      services.appSecrets.copy({ ...ask, names: names ?? null }, session),
    payload: { plan: { type: PlanType, description: 'What was done.' } },
  });
}
