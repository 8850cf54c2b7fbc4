import type { Verb } from '../../access/model.ts';
import { type Allowed, inProject, localOf, textOf } from '../../graphql/types/allowed.ts';
import { atOnce, orLater } from '../../graphql/types/at-once.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { expectedRevision, idempotencyKey } from '../../graphql/types/fields.ts';
import { idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { createdAtField, descriptionField, slugField, updatedAtField } from '../../graphql/types/node-fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { type ListOrder, pageOf } from '../../graphql/types/pages.ts';
import { slugOf } from '../../kernel/ids.ts';
import { idOf } from '../../vault/document.ts';
import {
  createProjectInput,
  deleteProjectInput,
  restoreProjectInput,
  type StoredProject,
  updateProjectInput,
} from './model.ts';
import { ProjectNode } from './node.ts';

const BY_SLUG: ListOrder<StoredProject> = { name: 'projects', keyOf: ({ key }) => idOf(key) };

/** Of a project that is to be. */
const allowedNewProject: Allowed = ({ name }) => ({
  verb: 'write',
  resource: 'project',
  place: inProject(slugOf(textOf(name))),
  existing: [],
});

/** Of the project that `input.id` names. */
const allowedOnProject =
  (verb: Verb): Allowed =>
  ({ id }) => {
    const project = localOf('Project', id);
    return { verb, resource: 'project', place: inProject(project), existing: [['project', 'Project', project]] };
  };

export function addProjects(builder: Builder): void {
  implementNode(builder, ProjectNode, {
    description: 'Holds secret groups and the workloads that inherit from them.',
    fields: (t) => ({
      slug: slugField(t),
      name: t.string({
        description: '3-39 characters, beginning with a letter.',
        resolve: ({ fields }) => fields.name,
      }),
      description: descriptionField(t),
      revision: t.exposeInt('revision', {
        description: '1 at creation (more if the slug was that of another project before), one more with every change.',
      }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t),
    }),
  });
  const connection = builder.connectionObject(
    { type: ProjectNode, name: 'ProjectConnection' },
    { name: 'ProjectEdge' },
  );
  builder.queryFields((t) => ({
    project: t.field({
      type: ProjectNode,
      nullable: true,
      description: 'A project by its slug; null if there is none or you may not see it.',
      args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
      extensions: atOnce((_root, { slug }: { readonly slug: string }, { services, session }) =>
        orLater(services.projects.bySlugNow(slug, session)),
      ),
      resolve: (_root, { slug }, { services, session }) => orNull(services.projects.bySlug(slug, session)),
    }),
    projects: t.connection(
      {
        type: ProjectNode,
        description: 'The projects that you may see, by slug.',
        resolve: async (_root, args, context) =>
          pageOf(await context.services.projects.list(context.session), BY_SLUG, args, context),
      },
      connection,
    ),
  }));
  addProjectMutations(builder);
}

const payload = { project: { type: ProjectNode, description: 'The project.' } };

function addProjectMutations(builder: Builder): void {
  addMutation(builder, {
    name: 'createProject',
    description: 'Creates a project with a data key of its own. Requires `WRITE` on projects.',
    input: (t) => ({
      name: t.string({ required: true, description: '3-39 characters, beginning with a letter; gives the slug.' }),
      description: t.string({ description: 'At most 200 characters.' }),
      idempotencyKey: idempotencyKey(t),
    }),
    allowed: allowedNewProject,
    rules: createProjectInput,
    failures: ['notFound', 'conflict'],
    run: (input, { services, session }) => services.projects.create(input, session),
    payload,
  });
  addMutation(builder, {
    name: 'updateProject',
    description: 'Changes the given fields of a project. Requires `WRITE` on it.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The project.' }),
      name: t.string({ description: 'Its new name; the slug stays. Absent: unchanged.' }),
      description: t.string({ description: 'Absent: unchanged. Null or empty: none.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedOnProject('write'),
    rules: updateProjectInput.extend({ id: idRule('Project') }),
    failures: ['notFound', 'conflict'],
    run: ({ id, ...input }, { services, session }) => services.projects.update(id, input, session),
    payload,
  });
  addMutation(builder, {
    name: 'deleteProject',
    description:
      'Deletes a project without workloads. `restoreProject` brings it back for seven days; then its keys and all that was in it are destroyed, and its slug is free. Requires `DELETE` on it.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The project.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedOnProject('delete'),
    rules: deleteProjectInput.extend({ id: idRule('Project') }),
    failures: ['notFound', 'conflict'],
    run: ({ id, expectedRevision: expected }, { services, session }) => services.projects.remove(id, expected, session),
    payload,
  });
  addMutation(builder, {
    name: 'restoreProject',
    description:
      'Restores a deleted project with all that it held, within seven days of its deletion. Requires `DELETE` on it, as deleting it does.',
    input: (t) => ({ id: t.id({ required: true, description: 'The project.' }) }),
    allowed: allowedOnProject('delete'),
    rules: restoreProjectInput.extend({ id: idRule('Project') }),
    failures: ['notFound', 'conflict'],
    run: ({ id }, { services, session }) => services.projects.restore(id, session),
    payload,
  });
}
