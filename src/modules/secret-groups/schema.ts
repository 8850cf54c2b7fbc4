import type { Builder } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { MountType, SecretFileType, SensitivityEnum, VariableType } from '../../graphql/types/fields.ts';
import { listed } from '../../graphql/types/listed.ts';
import { createdAtField, descriptionField, slugField, updatedAtField } from '../../graphql/types/node-fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { idOf } from '../../vault/document.ts';
import { ProjectNode } from '../projects/node.ts';
import { addGroupHistory } from './history-schema.ts';
import { addGroupLists } from './list-schema.ts';
import type { StoredGroup } from './model.ts';
import { addGroupMutations } from './mutations.ts';
import { SecretGroupNode } from './node.ts';
import { AddonLinkType, RestrictionsType, SecretTypeEnum } from './types.ts';
import { filesOf, keysOf, variableOf, variablesOf } from './view.ts';

const projectOf = ({ key }: StoredGroup): string => key[1] ?? '';
const rowsOf = (group: StoredGroup, part: 'files' | 'mounts', { services, session }: Context) =>
  filesOf(group, part, session, (project, entry) => services.workloads.fileBytes(project, entry, session));

function addGroupNode(builder: Builder): void {
  implementNode(builder, SecretGroupNode, {
    description: 'A bundle of variables, files, mounts and addon links that workloads of a project inherit.',
    fields: (t) => ({
      slug: slugField(t),
      project: t.field({
        type: ProjectNode,
        description: 'The project it belongs to.',
        resolve: (group, _args, { services, session }) => services.projects.bySlug(projectOf(group), session),
      }),
      name: t.string({
        description: '3-100 letters, digits, single hyphens and spaces.',
        resolve: ({ fields }) => fields.name,
      }),
      description: descriptionField(t),
      stageId: t.field({
        type: 'Slug',
        nullable: true,
        description: 'Stage label, informational only: it has no effect on inheritance. Null if none.',
        resolve: ({ fields }) => fields.stageId,
      }),
      tags: t.stringList({
        description: 'Its own tags, informational only. Restrictions have tags of their own.',
        resolve: ({ fields }) => [...fields.tags],
      }),
      type: t.field({
        type: SensitivityEnum,
        description: 'Sensitivity, which decides the permissions that guard it.',
        resolve: ({ fields }) => fields.type,
      }),
      secretType: t.field({
        type: SecretTypeEnum,
        description: 'When it is inherited.',
        resolve: ({ fields }) => fields.secretType,
      }),
      priority: t.int({ description: '0-100; the higher wins a conflict.', resolve: ({ fields }) => fields.priority }),
      restrictions: t.field({
        type: RestrictionsType,
        description: 'Who inherits it.',
        resolve: ({ fields }) => fields.restrictions,
      }),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t),
    }),
  });
}

/** What it holds, by the names of it. */
function addGroupContents(builder: Builder): void {
  builder.objectFields(SecretGroupNode, (t) => ({
    variables: t.field({
      type: [VariableType],
      description: 'Its variables by name, as written. Requires `LIST_KEYS`; values require `READ`.',
      resolve: (group, _args, context) => listed(variablesOf(group, context.session), context),
    }),
    variable: t.field({
      type: VariableType,
      nullable: true,
      description: 'One variable; null if there is none. Requires `LIST_KEYS`; its value requires `READ`.',
      args: { name: t.arg.string({ required: true, description: 'Its name.' }) },
      resolve: (group, { name }, { session }) => variableOf(group, name, session),
    }),
    files: t.field({
      type: [SecretFileType],
      description: 'Its files by path. Requires `LIST_KEYS`; contents require `READ`.',
      resolve: (group, _args, context) => listed(rowsOf(group, 'files', context), context),
    }),
    dockerSecretMounts: t.field({
      type: [MountType],
      description:
        'Its Docker secret mounts by name; inherited at build time only. Requires `LIST_KEYS`; contents require `READ`.',
      resolve: (group, _args, context) => listed(rowsOf(group, 'mounts', context), context),
    }),
    addonLinks: t.field({
      type: [AddonLinkType],
      description: 'The addons whose keys it passes on. Requires `LIST_KEYS`.',
      resolve: (group, _args, { session }) => [...keysOf(group, session).links],
    }),
  }));
}

export function addSecretGroups(builder: Builder): void {
  addGroupNode(builder);
  addGroupContents(builder);
  builder.objectField(ProjectNode, 'secretGroup', (t) =>
    t.field({
      type: SecretGroupNode,
      nullable: true,
      description: 'A secret group by its slug; null if there is none or you may not see it.',
      args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
      resolve: ({ key }, { slug }, { services, session }) =>
        orNull(services.secretGroups.bySlug({ project: idOf(key), slug }, session)),
    }),
  );
  addGroupLists(builder);
  addGroupHistory(builder);
  addGroupMutations(builder);
}
