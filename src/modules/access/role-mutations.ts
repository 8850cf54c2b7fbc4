import { createRoleInput, emptyInput, updateRoleInput } from '../../access/inputs.ts';
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
    description: 'Verbs on kinds of resource, for some sensitivities, in some projects.',
    fields: (t) => ({
      resources: t.field({ type: [ResourceEnum], required: true, description: 'On what.' }),
      verbs: t.field({ type: [VerbEnum], required: true, description: 'What is allowed.' }),
      types: t.field({ type: [SensitivityEnum], description: 'For which sensitivities; absent: both.' }),
      projects: t.field({ type: ['Slug'], description: 'In which projects; absent: in all.' }),
    }),
  });
  const role = { type: RoleNode, description: 'The role.' };
  addMutation(builder, {
    name: 'createRole',
    description: 'Makes a role that allows no more than your own. Needs `ADMIN` on roles.',
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
    description: 'Changes what is given of a role. Needs `ADMIN` on roles.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The role.' }),
      name: t.string({ description: 'Absent: unchanged.' }),
      grants: t.field({ type: [GrantInput], description: 'What it allows from now on; absent: unchanged.' }),
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
    description: 'Deletes a role that no token has. Needs `ADMIN` on roles.',
    input: (t) => ({ id: t.id({ required: true, description: 'The role.' }) }),
    allowed: allowedInTeam('admin', 'role'),
    rules: emptyInput.extend({ id: idRule('Role') }),
    failures: ['notFound', 'conflict'],
    run: ({ id }, { services, session }) => services.access.deleteRole(id, session),
    payload: { role },
  });
}
