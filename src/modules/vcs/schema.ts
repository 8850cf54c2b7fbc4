import { allowedInTeam } from '../../graphql/types/allowed.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { expectedRevision, SensitivityEnum } from '../../graphql/types/fields.ts';
import { idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { updatedAtField } from '../../graphql/types/node-fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { deleteAccountInput, putAccountInput, sensitivityOf, updateAccountInput, type VcsService } from './model.ts';
import { VcsAccountNode } from './node.ts';
import { types } from './types.ts';

export const VcsServiceEnum = types.enumType('VcsService', {
  description: 'A service that hosts repositories.',
  values: {
    BITBUCKET: { value: 'bitbucket' as VcsService, description: 'bitbucket.org.' },
    GITLAB: { value: 'gitlab' as VcsService, description: 'gitlab.com.' },
    GITHUB: { value: 'github' as VcsService, description: 'github.com.' },
    SELF_HOSTED: { value: 'self-hosted' as VcsService, description: 'A service of your own.' },
    AZURE: { value: 'azure' as VcsService, description: 'dev.azure.com, and hosts of visualstudio.com.' },
  },
});

export function addVcsAccounts(builder: Builder): void {
  implementNode(builder, VcsAccountNode, {
    description: 'A login of the team at a git host. Its token cannot be read.',
    fields: (t) => ({
      service: t.field({
        type: VcsServiceEnum,
        description: 'The service of the login.',
        resolve: ({ fields }) => fields.service,
      }),
      selfHostedVcsId: t.string({
        nullable: true,
        description: "The team's id for the service; null for public services.",
        resolve: ({ fields }) => fields.selfHostedVcsId,
      }),
      baseUrl: t.string({
        nullable: true,
        description: 'Beginning of the URLs of its repositories; null for public services.',
        resolve: ({ fields }) => fields.baseUrl,
      }),
      accountLogin: t.string({ description: 'The login.', resolve: ({ fields }) => fields.accountLogin }),
      sensitivity: t.field({
        type: SensitivityEnum,
        description:
          'Sensitivity of the repositories that it can read. CONFIG global secrets do not use a SECRET account, unless whoever set their git file may read secrets.',
        resolve: sensitivityOf,
      }),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      createdAt: t.field({
        type: 'DateTime',
        description: 'When it was linked.',
        resolve: ({ fields }) => fields.createdAt,
      }),
      updatedAt: updatedAtField(t),
    }),
  });
  builder.queryField('vcsAccounts', (t) =>
    t.field({
      type: [VcsAccountNode],
      description: 'The linked accounts that you may see, by service, self-hosted id and login.',
      resolve: async (_root, _args, { services, session }) => [...(await services.vcsAccounts.list(session))],
    }),
  );
  addVcsMutations(builder);
}

function addVcsMutations(builder: Builder): void {
  const payload = { vcsAccount: { type: VcsAccountNode, description: 'The account.' } };
  addMutation(builder, {
    name: 'putVcsAccount',
    description:
      'Links an account at a git host, or replaces its token. Requires `WRITE` on accounts of its sensitivity; changing the sensitivity requires the same permissions as `updateVcsAccount`.',
    input: (t) => ({
      service: t.field({ type: VcsServiceEnum, required: true, description: 'The service of the login.' }),
      selfHostedVcsId: t.string({
        description: "1-64 letters, digits and hyphens: the team's id for the service. For SELF_HOSTED only.",
      }),
      baseUrl: t.string({
        description: 'Beginning of the URLs of its repositories. The token is sent nowhere else. For SELF_HOSTED only.',
      }),
      accountLogin: t.string({ required: true, description: 'The login, 1-100 characters.' }),
      sensitivity: t.field({
        type: SensitivityEnum,
        description:
          'Sensitivity of the repositories that it can read. Default: SECRET. Required when a CONFIG account is replaced.',
      }),
      token: t.string({ required: true, description: 'Password or access token. It cannot be read back.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInTeam('write', 'vcsAccount'),
    rules: putAccountInput,
    failures: ['conflict', 'limit'],
    run: (input, { services, session }) => services.vcsAccounts.put(input, session),
    payload,
  });
  addMutation(builder, {
    name: 'updateVcsAccount',
    description:
      'Sets the sensitivity of an account. Requires `WRITE` and `CHANGE_TYPE` on accounts; from SECRET to CONFIG also `READ` on SECRET accounts and SECRET global secrets. CONFIG global secrets stop reading with an account that becomes SECRET and keep what they hold.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The account.' }),
      sensitivity: t.field({
        type: SensitivityEnum,
        required: true,
        description: 'Sensitivity of the repositories that it can read.',
      }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInTeam('write', 'vcsAccount', ['vcsAccount', 'Account']),
    rules: updateAccountInput.extend({ id: idRule('VcsAccount') }),
    failures: ['notFound', 'conflict'],
    run: ({ id, ...input }, { services, session }) => services.vcsAccounts.update(id, input, session),
    payload,
  });
  addMutation(builder, {
    name: 'deleteVcsAccount',
    description:
      'Deletes an account and its token for good. What was read with it stays. Requires `DELETE` on accounts.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The account.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInTeam('delete', 'vcsAccount', ['vcsAccount', 'Account']),
    rules: deleteAccountInput.extend({ id: idRule('VcsAccount') }),
    failures: ['notFound', 'conflict'],
    run: ({ id, expectedRevision: expected }, { services, session }) =>
      services.vcsAccounts.remove(id, expected, session),
    payload,
  });
}
