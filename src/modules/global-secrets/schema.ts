import { reveal } from '../../audit/reveal.ts';
import { leafPaths, textPaths } from '../../domain/free-json.ts';
import { valueReference } from '../../domain/global-path.ts';
import type { Sensitivity } from '../../domain/types.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { certificateField } from '../../graphql/types/certificate.ts';
import { EncodingEnum, SensitivityEnum } from '../../graphql/types/fields.ts';
import { createdAtField, descriptionField, slugField, updatedAtField } from '../../graphql/types/node-fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { type ListOrder, pageOf } from '../../graphql/types/pages.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import { idOf } from '../../vault/document.ts';
import { gitopsField } from '../git-sync/gitops-schema.ts';
import type { StoredGlobal } from './model.ts';
import { addGlobalMutations } from './mutations.ts';
import { GlobalSecretNode } from './node.ts';
import { types } from './types.ts';
import { type FileRow, filesOf, keysOf, valuesOf } from './view.ts';

const FileType = types.objectRef<FileRow>('GlobalSecretFile').implement({
  description: 'A file of a global secret.',
  fields: (t) => ({
    id: t.string({
      description: 'Its id in references: `${secrets.<slug>.files.<id>.data}`.',
      resolve: ({ id }) => id,
    }),
    path: t.exposeString('path', { description: 'Absolute path.' }),
    encoding: t.field({
      type: EncodingEnum,
      description: 'Encoding of the content. A reference inserts the text, or the base64 of a binary file.',
      resolve: ({ encoding }) => encoding,
    }),
    size: t.int({
      nullable: true,
      description: 'Size in bytes; null when masked.',
      resolve: ({ size }) => size,
    }),
    data: t.field({
      type: 'Base64',
      nullable: true,
      description: 'The content; null when masked.',
      resolve: ({ data }, _args, context) => reveal(context, data),
    }),
    masked: t.boolean({ description: 'True if you may not see the content.', resolve: ({ data }) => !data.isSeen }),
    certificate: t.field({
      ...certificateField,
      resolve: ({ certificate }, _args, context) => reveal(context, certificate),
    }),
  }),
});

interface ValueReference {
  readonly path: readonly string[];
  readonly reference: string;
}

const ValueReferenceType = types.objectRef<ValueReference>('ValueReference').implement({
  description: 'A value of a global secret and the reference that inserts it.',
  fields: (t) => ({
    path: t.exposeStringList('path', { description: 'Keys and list indexes, outermost first.' }),
    reference: t.exposeString('reference', {
      description: 'The reference: `${secrets.shared.values.db["spring.datasource.url"]}`.',
    }),
  }),
});

const valueReferences = (slug: string, values: unknown): ValueReference[] =>
  textPaths(values)
    .map((path) => ({ path, reference: `\${${valueReference(slug, path)}}` }))
    .sort((a, b) => byCodePoint(a.reference, b.reference));

function addType(builder: Builder): void {
  implementNode(builder, GlobalSecretNode, {
    description: 'Values and files of the team that secret groups and workloads of every project can refer to.',
    fields: (t) => ({
      slug: slugField(t, 'Derived from the name at creation. References use it.'),
      name: t.string({
        description: '3-100 letters, digits, single hyphens and spaces.',
        resolve: ({ fields }) => fields.name,
      }),
      description: descriptionField(t),
      type: t.field({
        type: SensitivityEnum,
        description: 'Sensitivity, which decides the permissions that guard it. Fixed at creation.',
        resolve: ({ fields }) => fields.type,
      }),
      values: t.field({
        type: 'JSON',
        nullable: true,
        description: 'Its values as stored; null when masked. Requires `LIST_KEYS` and `READ`.',
        resolve: (stored, _args, context) => reveal(context, valuesOf(stored, context.session)),
      }),
      masked: t.boolean({
        description: 'True if you may not see the values and the contents of the files.',
        resolve: (stored, _args, { session }) => !valuesOf(stored, session).isSeen,
      }),
      valueReferences: t.field({
        type: [ValueReferenceType],
        description:
          'Every value that a template can refer to, sorted by reference. Objects, lists and null cannot be referred to. Requires `LIST_KEYS`.',
        resolve: (stored, _args, context) => valueReferences(idOf(stored.key), keysOf(stored, context.session).values),
      }),
      valuePaths: t.stringList({
        deprecationReason: 'Use `valueReferences`: a key with a dot cannot be told from two keys here.',
        description: 'Paths of its values, keys joined by dots, sorted by code point. Requires `LIST_KEYS`.',
        resolve: (stored, _args, context) => [...leafPaths(keysOf(stored, context.session).values)],
      }),
      files: t.field({
        type: [FileType],
        description: 'Its files by id. Requires `LIST_KEYS`; contents require `READ`.',
        resolve: (stored, _args, { session }) => [...filesOf(stored, session)],
      }),
      gitops: gitopsField(t),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t),
    }),
  });
}

interface Filter {
  readonly type?: Sensitivity | null | undefined;
  readonly nameContains?: string | null | undefined;
}

const passes = ({ fields }: StoredGlobal, { type, nameContains }: Filter): boolean =>
  (!type || fields.type === type) && (!nameContains || fields.name.toLowerCase().includes(nameContains.toLowerCase()));

const BY_SLUG: ListOrder<StoredGlobal> = { name: 'globals.slug', keyOf: ({ key }) => idOf(key) };

export function addGlobalSecrets(builder: Builder): void {
  addType(builder);
  const FilterInput = builder.inputType('GlobalSecretFilter', {
    description: 'Selects global secrets. Every given condition must hold.',
    fields: (t) => ({
      type: t.field({ type: SensitivityEnum, description: 'Of this type.' }),
      nameContains: t.string({ description: 'The name contains this text, ignoring case.' }),
    }),
  });
  const connection = builder.connectionObject(
    { type: GlobalSecretNode, name: 'GlobalSecretConnection' },
    { name: 'GlobalSecretEdge' },
  );
  builder.queryFields((t) => ({
    globalSecret: t.field({
      type: GlobalSecretNode,
      nullable: true,
      description: 'A global secret by its slug; null if there is none or you may not see it.',
      args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
      resolve: (_root, { slug }, { services, session }) => orNull(services.globalSecrets.bySlug(slug, session)),
    }),
    globalSecrets: t.connection(
      {
        type: GlobalSecretNode,
        description: 'The global secrets of the team that you may see, by slug.',
        args: { filter: t.arg({ type: FilterInput, description: 'Selects a part of them. Default: all.' }) },
        resolve: async (_root, { filter, ...page }, context) => {
          const all = await context.services.globalSecrets.list(context.session);
          const wanted = filter ? all.filter((stored) => passes(stored, filter)) : all;
          return pageOf(wanted, BY_SLUG, page, context);
        },
      },
      connection,
    ),
  }));
  addGlobalMutations(builder);
}
