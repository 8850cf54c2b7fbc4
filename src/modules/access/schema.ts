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
    description: 'Permissions: verbs on kinds of resources, by sensitivity and project.',
    fields: (t) => ({
      resources: t.field({
        type: [ResourceEnum],
        description: 'The kinds of resources.',
        resolve: ({ resources }) => [...resources],
      }),
      verbs: t.field({ type: [VerbEnum], description: 'The allowed verbs.', resolve: ({ verbs }) => [...verbs] }),
      types: t.field({
        type: [SensitivityEnum],
        description: 'The sensitivities.',
        resolve: ({ types }) => [...types],
      }),
      projects: t.field({
        type: ['Slug'],
        nullable: true,
        description: 'Slugs of the projects; null means all projects and what belongs to the team itself.',
        resolve: ({ projects }) => (projects ? [...projects] : null),
      }),
    }),
  });
  implementNode(builder, RoleNode, {
    description: 'A set of permissions that tokens have.',
    fields: (t) => ({
      slug: t.field({ type: 'Slug', description: 'Derived from the name.', resolve: ({ slug }) => slug }),
      name: t.exposeString('name', { description: '3-100 letters, digits, single hyphens and spaces.' }),
      revision: t.exposeInt('revision', {
        nullable: true,
        description: '1 at creation, one more with every change; null if built in.',
      }),
      builtIn: t.exposeBoolean('builtIn', { description: 'Whether it comes with Keyloom and cannot be changed.' }),
      grants: t.field({
        type: [GrantType],
        description: 'What it allows. Everything else is refused.',
        resolve: ({ grants }) => [...grants],
      }),
    }),
  });
}

function addTokenTypes(builder: Builder, { TokenKindEnum }: AccessEnums): void {
  const AddressType = builder.objectRef<WorkloadAddress>('WorkloadAddress').implement({
    description: 'The workload.',
    fields: (t) => ({
      project: t.field({ type: 'Slug', description: 'Its project.', resolve: ({ project }) => project }),
      kind: t.field({ type: WorkloadKindEnum, description: 'Its kind.', resolve: ({ kind }) => kind }),
      id: t.id({ description: "The platform's id.", resolve: ({ id }) => id }),
    }),
  });
  implementNode(builder, TokenNode, {
    description: 'A credential of one team. Its text is shown once, at creation.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'What it is for.' }),
      kind: t.field({ type: TokenKindEnum, description: 'Kind of principal.', resolve: ({ kind }) => kind }),
      role: t.string({ description: 'Slug of its role.', resolve: ({ role }) => role }),
      workload: t.field({
        type: AddressType,
        nullable: true,
        description: 'The workload of a dependent; null for others.',
        resolve: ({ workload }) => workload,
      }),
      networks: t.stringList({
        nullable: true,
        description: 'Addresses and networks that a gateway may send from; null if any.',
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
        description: 'When it expires; null if never.',
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
    description: 'The caller.',
    fields: (t) => ({
      id: t.exposeString('id', { description: 'Id of the token, as commits name their actor.' }),
      name: t.exposeString('name', { description: 'Name of the token.' }),
      kind: t.field({ type: TokenKindEnum, description: 'Kind of principal.', resolve: ({ kind }) => kind }),
      team: t.field({ type: 'Slug', description: 'The team that the token belongs to.', resolve: ({ team }) => team }),
      role: t.field({ type: RoleNode, description: 'What you may do.', resolve: ({ role }) => role }),
      workload: t.field({
        type: AddressType,
        nullable: true,
        description: "The workload of a dependent's token; null for others.",
        resolve: ({ workload }) => workload,
      }),
      expiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When your token expires; null if never.',
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
