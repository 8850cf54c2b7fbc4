import { defaultKey } from '../../domain/layer.ts';
import type { AddonLink, LinkedKey, Restrictions, SecretType } from '../../domain/types.ts';
import { declarations } from '../../graphql/types/declarations.ts';
import { WorkloadKindEnum } from '../../graphql/types/fields.ts';

export const types = declarations();

/** The smaller types that groups are made of. */

export const SecretTypeEnum = types.enumType('SecretType', {
  description: 'When the group is inherited.',
  values: {
    ENVIRONMENT: { value: 'environment' as SecretType, description: 'At run time.' },
    ARGUMENTS: { value: 'arguments' as SecretType, description: 'At build time.' },
    ENVIRONMENT_ARGUMENTS: {
      value: 'environment-arguments' as SecretType,
      description: 'At run time and at build time.',
    },
  },
});

export const TagMatchEnum = types.enumType('TagMatchCondition', {
  description: 'How tags are matched. An empty list matches no workload.',
  values: {
    AND: { value: 'and' as const, description: 'The workload must carry all tags.' },
    OR: { value: 'or' as const, description: 'The workload must carry any of the tags.' },
  },
});

const ImportFormatEnum = types.enumType('ImportFormat', {
  description: 'Format of a text with variables.',
  values: {
    DOTENV: { value: 'dotenv' as const, description: 'A `.env` file, as the npm package dotenv reads it.' },
    JSON: { value: 'json' as const, description: 'One JSON object of names and texts.' },
  },
});
export const ImportModeEnum = types.enumType('ImportMode', {
  description: 'What an import does with existing variables.',
  values: {
    MERGE: { value: 'merge' as const, description: 'Existing variables that the text does not name stay.' },
    REPLACE: { value: 'replace' as const, description: 'Existing variables that the text does not name are removed.' },
  },
});
export const ImportSourceInput = types.inputType('ImportSourceInput', {
  description: 'Variables as text.',
  fields: (t) => ({
    text: t.string({ required: true, description: 'The text.' }),
    format: t.field({ type: ImportFormatEnum, required: true, description: 'Format of the text.' }),
  }),
});
const RestrictedWorkload = types.objectRef<Restrictions['workloads'][number]>('RestrictedWorkload').implement({
  description: 'A workload that a restriction names.',
  fields: (t) => ({
    id: t.exposeID('id', { description: "The platform's id." }),
    kind: t.field({
      type: WorkloadKindEnum,
      description: 'Its kind. A workload of another kind with the same id does not inherit the group.',
      resolve: ({ kind }) => kind,
    }),
  }),
});
export const RestrictionsType = types.objectRef<Restrictions>('Restrictions').implement({
  description: 'Who inherits a group: if restricted, only listed workloads and those whose tags match.',
  fields: (t) => ({
    restricted: t.exposeBoolean('restricted', {
      description: 'Whether the restriction is on. If nothing is listed, no workload inherits the group.',
    }),
    workloads: t.field({
      type: [RestrictedWorkload],
      description: 'Workloads that inherit it.',
      resolve: ({ workloads: listed }) => [...listed],
    }),
    tags: t.stringList({ description: 'Tags whose workloads inherit it.', resolve: ({ tags }) => [...tags] }),
    tagMatchCondition: t.field({
      type: TagMatchEnum,
      description: 'Whether a workload must carry all or any of the tags.',
      resolve: ({ tagMatchCondition }) => tagMatchCondition,
    }),
  }),
});
export const AddonKindEnum = types.enumType('AddonKind', {
  description: 'The kind of an addon.',
  values: {
    ADDON: { value: 'addon' as const, description: 'A managed backing service of the project.' },
    EXTERNAL_ADDON: { value: 'external-addon' as const, description: 'A resource that is managed elsewhere.' },
  },
});

const LinkedKeyType = types.objectRef<{ readonly key: LinkedKey; readonly addonId: string }>('LinkedKey').implement({
  description: 'One key of a linked addon.',
  fields: (t) => ({
    keyName: t.string({ description: 'Its name at the provider.', resolve: ({ key }) => key.keyName }),
    aliases: t.stringList({
      description: 'Its aliases. If empty, the default name is used.',
      resolve: ({ key }) => [...key.aliases],
    }),
    names: t.stringList({
      description: 'The names under which workloads inherit it.',
      resolve: ({ key, addonId }) => (key.aliases.length > 0 ? [...key.aliases] : [defaultKey(addonId, key.keyName)]),
    }),
  }),
});

export const AddonLinkType = types.objectRef<AddonLink>('AddonLink').implement({
  description: 'An addon whose keys a group passes on.',
  fields: (t) => ({
    kind: t.field({ type: AddonKindEnum, description: 'Kind of the addon.', resolve: ({ addonKind }) => addonKind }),
    addon: t.string({ description: 'Id of the addon.', resolve: ({ addonId }) => addonId }),
    required: t.exposeBoolean('required', {
      description: 'If true, a workload gets nothing at all while the addon yields no value.',
    }),
    keys: t.field({
      type: [LinkedKeyType],
      description: 'The keys that the group passes on.',
      resolve: ({ keys, addonId }) => keys.map((key) => ({ key, addonId })),
    }),
  }),
});
