import type { ObjectRef } from '@pothos/core';
import type { Grant, Principal, WorkloadAddress } from '../../access/model.ts';
import type { ResourceFacts } from '../../access/resources.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import { SensitivityEnum, WorkloadKindEnum } from '../../graphql/types/fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { type AccessEnums, addEnums } from './enums.ts';
import { RoleNode, TokenNode } from './node.ts';
import { addRoleMutations } from './role-mutations.ts';
import { addTokenMutations } from './token-mutations.ts';

/** Roles, tokens, and who asks. */
export function addAccess(builder: Builder, resources: readonly ResourceFacts[]): void {
  const enums = addEnums(builder, resources);
  addRoleType(builder, enums);
  addTokenTypes(builder, enums);
  addTokenMutations(builder, enums.TokenKindEnum);
  addRoleMutations(builder, resources, enums);
}

function addRoleType(builder: Builder, { VerbEnum, ResourceEnum }: AccessEnums): void {
  const GrantType = builder.objectRef<Grant>('Grant').implement({
    description: 'Verbs on kinds of resource, for some sensitivities, in some projects.',
    fields: (t) => ({
      resources: t.field({ type: [ResourceEnum], description: 'On what.', resolve: ({ resources }) => [...resources] }),
      verbs: t.field({ type: [VerbEnum], description: 'What is allowed.', resolve: ({ verbs }) => [...verbs] }),
      types: t.field({
        type: [SensitivityEnum],
        description: 'For which sensitivities.',
        resolve: ({ types }) => [...types],
      }),
      projects: t.field({
        type: ['Slug'],
        nullable: true,
        description: 'In which projects; null: in all, and on what belongs to the team itself.',
        resolve: ({ projects }) => (projects ? [...projects] : null),
      }),
    }),
  });
  implementNode(builder, RoleNode, {
    description: 'What those who have it may do.',
    fields: (t) => ({
      slug: t.field({ type: 'Slug', description: 'Derived from the name.', resolve: ({ slug }) => slug }),
      name: t.exposeString('name', { description: '3-100 letters, digits, single hyphens and spaces.' }),
      revision: t.exposeInt('revision', {
        nullable: true,
        description: 'One more with every change; null when built in.',
      }),
      builtIn: t.exposeBoolean('builtIn', { description: 'Whether it comes with Keyloom and cannot be changed.' }),
      grants: t.field({
        type: [GrantType],
        description: 'What it allows; everything else is refused.',
        resolve: ({ grants }) => [...grants],
      }),
    }),
  });
}

function addTokenTypes(builder: Builder, { TokenKindEnum }: AccessEnums): void {
  const AddressType = builder.objectRef<WorkloadAddress>('WorkloadAddress').implement({
    description: 'Which workload.',
    fields: (t) => ({
      project: t.field({ type: 'Slug', description: 'Its project.', resolve: ({ project }) => project }),
      kind: t.field({ type: WorkloadKindEnum, description: 'Its kind.', resolve: ({ kind }) => kind }),
      id: t.string({ description: "The platform's id.", resolve: ({ id }) => id }),
    }),
  });
  implementNode(builder, TokenNode, {
    description: 'A credential of one team. Its text is shown once, at creation.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'What it is for.' }),
      kind: t.field({ type: TokenKindEnum, description: 'Who it is for.', resolve: ({ kind }) => kind }),
      role: t.string({ description: 'Slug of its role.', resolve: ({ role }) => role }),
      workload: t.field({
        type: AddressType,
        nullable: true,
        description: 'The workload of a dependent; null for others.',
        resolve: ({ workload }) => workload,
      }),
      networks: t.stringList({
        nullable: true,
        description: 'Addresses and networks that a gateway sends from; null: it may send from anywhere.',
        resolve: ({ networks }) => (networks ? [...networks] : null),
      }),
      signed: t.boolean({
        description: 'Whether a gateway must sign what it sends.',
        resolve: ({ signed }) => signed === true,
      }),
      createdAt: t.field({
        type: 'DateTime',
        description: 'When it was created.',
        resolve: ({ createdAt }) => createdAt,
      }),
      createdBy: t.exposeString('createdBy', { description: 'Id of the token that created it.' }),
      expiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it ends; null: never.',
        resolve: ({ expiresAt }) => expiresAt,
      }),
    }),
  });
  addViewer(builder, TokenKindEnum, AddressType);
}

function addViewer(
  builder: Builder,
  TokenKindEnum: AccessEnums['TokenKindEnum'],
  AddressType: ObjectRef<Types, WorkloadAddress>,
): void {
  const ViewerType = builder.objectRef<Principal>('Viewer').implement({
    description: 'Who asks.',
    fields: (t) => ({
      id: t.exposeString('id', { description: 'Id of the token, as commits name their actor.' }),
      name: t.exposeString('name', { description: 'Name of the token.' }),
      kind: t.field({ type: TokenKindEnum, description: 'Kind of principal.', resolve: ({ kind }) => kind }),
      team: t.field({ type: 'Slug', description: 'The team that everything happens in.', resolve: ({ team }) => team }),
      role: t.field({ type: RoleNode, description: 'What you may do.', resolve: ({ role }) => role }),
      workload: t.field({
        type: AddressType,
        nullable: true,
        description: 'The workload that you stand for; null when you stand for none.',
        resolve: ({ workload }) => workload,
      }),
      expiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When your token ends; null: never.',
        resolve: ({ expiresAt }) => expiresAt,
      }),
    }),
  });
  builder.queryFields((t) => ({
    viewer: t.field({
      type: ViewerType,
      description: 'Who you are and what you may do.',
      resolve: (_root, _args, { session }) => session.principal,
    }),
    roles: t.field({
      type: [RoleNode],
      description: 'The roles of the team, built-in ones first.',
      resolve: async (_root, _args, { services, session }) => [...(await services.access.listRoles(session))],
    }),
    tokens: t.field({
      type: [TokenNode],
      description: 'The tokens of the team that are not revoked, by id.',
      resolve: async (_root, _args, { services, session }) => [...(await services.access.listTokens(session))],
    }),
  }));
}
