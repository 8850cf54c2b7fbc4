import { createRoleInput, deleteRoleInput, updateRoleInput } from '../../access/inputs.ts';
import type { ResourceFacts } from '../../access/resources.ts';
import { allowedInTeam } from '../../graphql/types/allowed.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { expectedRevision, idempotencyKey, SensitivityEnum } from '../../graphql/types/fields.ts';
import { idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import type { AccessEnums } from './enums.ts';
import { RoleNode } from './node.ts';

/** Making, changing and deleting roles. */
export function addRoleMutations(
  builder: Builder,
  resources: readonly ResourceFacts[],
  { VerbEnum, ResourceEnum }: AccessEnums,
): void {
  const GrantInput = builder.inputType('GrantInput', {
    description: 'Permissions: verbs on kinds of resources, by sensitivity and project.',
    fields: (t) => ({
      resources: t.field({ type: [ResourceEnum], required: true, description: 'The kinds of resources.' }),
      verbs: t.field({ type: [VerbEnum], required: true, description: 'The allowed verbs.' }),
      types: t.field({ type: [SensitivityEnum], description: 'The sensitivities. Default: both.' }),
      projects: t.field({
        type: ['Slug'],
        description: 'Slugs of the projects. Default: all projects and what belongs to the team itself.',
      }),
    }),
  });
  const role = { type: RoleNode, description: 'The role.' };
  addMutation(builder, {
    name: 'createRole',
    description: 'Creates a role that allows no more than your own. Requires `ADMIN` on roles.',
    input: (t) => ({
      name: t.string({ required: true, description: '3-100 letters, digits, single hyphens and spaces.' }),
      grants: t.field({ type: [GrantInput], required: true, description: 'What it allows.' }),
      idempotencyKey: idempotencyKey(t),
    }),
    allowed: allowedInTeam('admin', 'role'),
    rules: createRoleInput(resources.map(({ name }) => name)),
    failures: ['notFound', 'conflict'],
    run: (input, { services, session }) => services.access.createRole(input, session),
    payload: { role },
  });
  addMutation(builder, {
    name: 'updateRole',
    description: 'Changes the given fields of a role. Requires `ADMIN` on roles.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The role.' }),
      name: t.string({ description: 'Absent: unchanged.' }),
      grants: t.field({ type: [GrantInput], description: 'What it allows from now on. Absent: unchanged.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInTeam('admin', 'role'),
    rules: updateRoleInput(resources.map(({ name }) => name)).extend({ id: idRule('Role') }),
    failures: ['notFound', 'conflict'],
    run: ({ id, ...input }, { services, session }) => services.access.updateRole(id, input, session),
    payload: { role },
  });
  addMutation(builder, {
    name: 'deleteRole',
    description: 'Deletes a role that no token has. Requires `ADMIN` on roles.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The role.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInTeam('admin', 'role'),
    rules: deleteRoleInput.extend({ id: idRule('Role') }),
    failures: ['notFound', 'conflict'],
    run: ({ id, expectedRevision: expected }, { services, session }) =>
      services.access.deleteRole(id, expected, session),
    payload: { role },
  });
}
