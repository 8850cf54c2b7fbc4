import type { InputFieldBuilder } from '@pothos/core';
import type { WorkloadKind } from '../../domain/types.ts';
import { atOnce, orLater } from '../../graphql/types/at-once.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import { madeIn } from '../../graphql/types/declarations.ts';
import {
  allowDangerousNames,
  expectedRevision,
  FileInput,
  idempotencyKey,
  SecretFileType,
  VariableInput,
  VariableType,
} from '../../graphql/types/fields.ts';
import { listed } from '../../graphql/types/listed.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { type ListOrder, pageOf, within } from '../../graphql/types/pages.ts';
import { idOf } from '../../vault/document.ts';
import type { StoredProject } from '../projects/model.ts';
import { ProjectNode } from '../projects/node.ts';
import { allowedOnWorkload, allowedToRegister } from './allowed.ts';
import { deleteWorkloadInput, putWorkloadInput, type StoredWorkload, workloadOnlyInput } from './model.ts';
import { workloads } from './types.ts';
import { filesOf, variablesOf } from './view.ts';

const projectOf = ({ key }: StoredWorkload): string => key[1] ?? '';
const BY_ID: ListOrder<StoredWorkload> = { name: 'workloads', keyOf: ({ kind, key }) => `${kind} ${idOf(key)}` };

export function addWorkloads(builder: Builder): void {
  madeIn(builder, workloads.workload).implement({
    description: 'A service or a job that inherits from the secret groups of its project.',
    resolveType: ({ kind }) => (kind === 'service' ? 'Service' : 'Job'),
    fields: (t) => ({
      projectId: t.id({
        description: 'Slug of its project. Together with `id` the key of the workload.',
        resolve: projectOf,
      }),
      id: t.id({
        description: "The deploy platform's id, unique for its kind in its project.",
        resolve: ({ key }) => idOf(key),
      }),
      name: t.string({
        description: '3-100 letters, digits, single hyphens and spaces.',
        resolve: ({ fields }) => fields.name,
      }),
      tags: t.stringList({
        description: 'Tags, which restrictions of groups may match.',
        resolve: ({ fields }) => [...fields.tags],
      }),
      stageId: t.field({
        type: 'Slug',
        nullable: true,
        description: 'Stage label, informational only. Null if none.',
        resolve: ({ fields }) => fields.stageId,
      }),
      revision: t.int({
        description: '1 at registration, one more with every change.',
        resolve: ({ revision }) => revision,
      }),
      createdAt: t.field({
        type: 'DateTime',
        description: 'When it was registered.',
        resolve: ({ fields }) => fields.createdAt,
      }),
      updatedAt: t.field({
        type: 'DateTime',
        description: 'When it last changed.',
        resolve: ({ fields }) => fields.updatedAt,
      }),
      variables: t.field({
        type: [VariableType],
        description:
          'Its own runtime variables, by name. They override what it inherits and count as secret. Requires `LIST_KEYS`; values require `READ`.',
        resolve: (stored, _args, context) =>
          listed(variablesOf(stored, 'variables', context.services.workloads, context.session), context),
      }),
      buildArguments: t.field({
        type: [VariableType],
        description:
          'Its own build arguments, by name. They override what it inherits and count as secret. Requires `LIST_KEYS`; values require `READ`.',
        resolve: (stored, _args, context) =>
          listed(variablesOf(stored, 'buildArguments', context.services.workloads, context.session), context),
      }),
      files: t.field({
        type: [SecretFileType],
        description: 'Its own files at run time, by path. Requires `LIST_KEYS`; contents require `READ`.',
        resolve: (stored, _args, { services, session }) => [...filesOf(stored, 'files', services.workloads, session)],
      }),
      buildFiles: t.field({
        type: [SecretFileType],
        description: 'Its own files at build time, by path. Requires `LIST_KEYS`; contents require `READ`.',
        resolve: (stored, _args, { services, session }) => [
          ...filesOf(stored, 'buildFiles', services.workloads, session),
        ],
      }),
    }),
  });
  const interfaces = [workloads.workload];
  madeIn(builder, workloads.service).implement({ description: 'A long-running workload.', interfaces });
  madeIn(builder, workloads.job).implement({ description: 'A workload that runs to completion.', interfaces });
  addToProject(builder, 'service', workloads.service);
  addToProject(builder, 'job', workloads.job);
  addMutations(builder, 'service', workloads.service);
  addMutations(builder, 'job', workloads.job);
}

type Ref = typeof workloads.service;

function addToProject(builder: Builder, kind: WorkloadKind, type: Ref): void {
  const name = kind === 'service' ? 'Service' : 'Job';
  const connection = builder.connectionObject({ type, name: `${name}Connection` }, { name: `${name}Edge` });
  builder.objectFields(ProjectNode, (t) => ({
    [kind]: t.field({
      type,
      nullable: true,
      description: `A ${kind} by the platform's id; null if there is none or you may not see it.`,
      args: { id: t.arg.id({ required: true, description: "The platform's id." }) },
      extensions: atOnce(({ key }: StoredProject, { id }: { readonly id: string }, { services, session }) =>
        orLater(services.workloads.byIdNow({ project: idOf(key), kind, id }, session)),
      ),
      resolve: ({ key }, { id }, { services, session }) =>
        orNull(services.workloads.byId(idOf(key), kind, id, session)),
    }),
    [`${kind}s`]: t.connection(
      {
        type,
        description: `The ${kind}s of the project that you may see, by id.`,
        resolve: async ({ key }, args, context) =>
          pageOf(
            await context.services.workloads.list(idOf(key), kind, context.session),
            within(BY_ID, kind, idOf(key)),
            args,
            context,
          ),
      },
      connection,
    ),
  }));
}

function addMutations(builder: Builder, kind: WorkloadKind, type: Ref): void {
  const name = kind === 'service' ? 'Service' : 'Job';
  addMutation(builder, {
    name: `put${name}`,
    description: `Registers a ${kind}, or replaces it as a whole. Requires \`WRITE\` on workloads; on secret ones when it has values of its own; and \`MANAGE_RESTRICTIONS\` on groups that its tags newly let it into.`,
    input: (t) => ({
      project: t.field({ type: 'Slug', required: true, description: 'Slug of its project.' }),
      id: t.id({ required: true, description: "The platform's id: 1-100 letters, digits and hyphens." }),
      ...putFields(t),
    }),
    allowed: allowedToRegister('write', kind),
    rules: putWorkloadInput,
    failures: ['notFound', 'conflict', 'limit'],
    run: async (input, { services, session }) => {
      const { workload, commit } = await services.workloads.put(kind, input, session);
      return { [kind]: workload, commit };
    },
    payload: { [kind]: { type, description: `The ${kind}.` } },
  });
  addMutation(builder, {
    name: `delete${name}`,
    description: `Deletes a ${kind}; its tokens end. Requires \`DELETE\` on workloads; on secret ones when it has values of its own. \`restore${name}\` brings it back.`,
    input: (t) => ({
      project: t.field({ type: 'Slug', required: true, description: 'Slug of its project.' }),
      id: t.id({ required: true, description: "The platform's id." }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedOnWorkload('delete', kind),
    rules: deleteWorkloadInput,
    failures: ['notFound', 'conflict'],
    run: async (input, { services, session }) => {
      const { workload, commit } = await services.workloads.remove(kind, input, session);
      return { [kind]: workload, commit };
    },
    payload: { [kind]: { type, description: `The ${kind} as it was.` } },
  });
  addMutation(builder, {
    name: `restore${name}`,
    description: `Brings a deleted ${kind} back as it was, and its tokens with it. Requires the same permissions as registering it.`,
    input: (t) => ({
      project: t.field({ type: 'Slug', required: true, description: 'Slug of its project.' }),
      id: t.id({ required: true, description: "The platform's id." }),
    }),
    allowed: allowedToRegister('write', kind),
    rules: workloadOnlyInput,
    failures: ['notFound', 'conflict'],
    run: async ({ project, id }, { services, session }) => {
      const { workload, commit } = await services.workloads.restore(project, kind, id, session);
      return { [kind]: workload, commit };
    },
    payload: { [kind]: { type, description: `The ${kind}.` } },
  });
}

const putFields = (t: InputFieldBuilder<Types, 'InputObject'>) => ({
  name: t.string({ required: true, description: '3-100 letters, digits, single hyphens and spaces.' }),
  tags: t.stringList({ description: 'Tags, without duplicates. Default: none.' }),
  stageId: t.field({ type: 'Slug', description: '3-100 characters. Default: none.' }),
  variables: t.field({ type: [VariableInput], description: 'Its own runtime variables. Default: none.' }),
  buildArguments: t.field({ type: [VariableInput], description: 'Its own build arguments. Default: none.' }),
  files: t.field({ type: [FileInput], description: 'Its own files at run time. Default: none.' }),
  buildFiles: t.field({ type: [FileInput], description: 'Its own files at build time. Default: none.' }),
  allowDangerousNames: allowDangerousNames(t),
  expectedRevision: expectedRevision(t),
  idempotencyKey: idempotencyKey(t),
});
