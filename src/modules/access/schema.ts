import { createRoleInput, emptyInput, updateRoleInput } from '../../access/inputs.ts';
import {
  type Grant,
  type Principal,
  TOKEN_KINDS,
  type TokenKind,
  VERBS,
  type Verb,
  type WorkloadAddress,
} from '../../access/model.ts';
import type { ResourceFacts } from '../../access/resources.ts';
import { allowedInTeam } from '../../graphql/types/allowed.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { expectedRevision, idempotencyKey, SensitivityEnum, WorkloadKindEnum } from '../../graphql/types/fields.ts';
import { idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { RoleNode, TokenNode } from './node.ts';
import { addTokenMutations } from './token-mutations.ts';

/** `secretGroup` -> `SECRET_GROUP`. */
const constant = (name: string): string => name.replaceAll(/[A-Z]/g, '_$&').toUpperCase();

function enumValues<T extends string>(values: readonly T[], words: (value: T) => string) {
  return Object.fromEntries(values.map((value) => [constant(value), { value, description: words(value) }]));
}

const VERB_WORDS: Readonly<Record<Verb, string>> = {
  list: 'See that an object exists, with its name, tags and settings. Every other verb requires it.',
  listKeys: 'See the names of variables, files and mounts, without values.',
  read: 'See stored values and contents.',
  resolve: 'See the values that a workload gets, and the values of an app in full.',
  write: 'Create, change and restore objects; restoring a project requires `DELETE`.',
  writeProtected: 'Change values of protected environments, and end their protection.',
  delete: 'Delete objects.',
  manageRestrictions:
    'Change who inherits a secret group, and register workloads that enter a restricted group by tags.',
  changeType: 'Change the sensitivity of an object. Required for the old and for the new one.',
  link: 'Link addons to a secret group, write references to a global secret, read git files with an account.',
  restart: 'Request, cancel and acknowledge restarts of a workload.',
  audit: 'Read the log of commits.',
  admin: 'Manage roles and tokens.',
};

const TOKEN_KIND_WORDS: Readonly<Record<TokenKind, string>> = {
  user: 'A token of a person.',
  machine: 'A token of a program, such as a platform or a pipeline.',
  dependent: 'A token of one workload, which can resolve only itself.',
  gateway: 'A token of a federation gateway. It is good only beside the token of a user, and allows nothing by itself.',
};

export function addAccess(builder: Builder, resources: readonly ResourceFacts[]): void {
  const VerbEnum = builder.enumType('Verb', {
    description: 'A permission.',
    values: enumValues(VERBS, (verb) => VERB_WORDS[verb]),
  });
  const ResourceEnum = builder.enumType('Resource', {
    description: 'The kinds of objects that a grant covers.',
    values: Object.fromEntries(
      resources.map(({ name, words }) => [constant(name), { value: name, description: words }]),
    ),
  });
  const TokenKindEnum = builder.enumType('TokenKind', {
    description: 'Who a token is for.',
    values: enumValues(TOKEN_KINDS, (kind) => TOKEN_KIND_WORDS[kind]),
  });

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
  const AddressType = builder.objectRef<WorkloadAddress>('WorkloadAddress').implement({
    description: 'Which workload.',
    fields: (t) => ({
      project: t.field({ type: 'Slug', description: 'Its project.', resolve: ({ project }) => project }),
      kind: t.field({ type: WorkloadKindEnum, description: 'Its kind.', resolve: ({ kind }) => kind }),
      id: t.string({ description: "The platform's id.", resolve: ({ id }) => id }),
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

  const GrantInput = builder.inputType('GrantInput', {
    description: 'Verbs on kinds of resource, for some sensitivities, in some projects.',
    fields: (t) => ({
      resources: t.field({ type: [ResourceEnum], required: true, description: 'On what.' }),
      verbs: t.field({ type: [VerbEnum], required: true, description: 'What is allowed.' }),
      types: t.field({ type: [SensitivityEnum], description: 'For which sensitivities; absent: both.' }),
      projects: t.field({ type: ['Slug'], description: 'In which projects; absent: in all.' }),
    }),
  });
  addTokenMutations(builder, TokenKindEnum);
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
