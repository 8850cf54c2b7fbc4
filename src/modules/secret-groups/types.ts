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
  description: 'How a text writes variables.',
  values: {
    DOTENV: { value: 'dotenv' as const, description: 'A `.env` file, as the npm package dotenv reads it.' },
    JSON: { value: 'json' as const, description: 'One JSON object of names and texts.' },
  },
});
export const ImportModeEnum = types.enumType('ImportMode', {
  description: 'What an import does with variables that are there.',
  values: {
    MERGE: { value: 'merge' as const, description: 'Those that the text does not name stay.' },
    REPLACE: { value: 'replace' as const, description: 'Those that the text does not name go.' },
  },
});
export const ImportSourceInput = types.inputType('ImportSourceInput', {
  description: 'Variables as text.',
  fields: (t) => ({
    text: t.string({ required: true, description: 'The text.' }),
    format: t.field({ type: ImportFormatEnum, required: true, description: 'How it is written.' }),
  }),
});
const RestrictedWorkload = types.objectRef<Restrictions['workloads'][number]>('RestrictedWorkload').implement({
  description: 'A workload that a restriction names.',
  fields: (t) => ({
    id: t.exposeString('id', { description: "The platform's id." }),
    kind: t.field({
      type: WorkloadKindEnum,
      description: 'Its kind; a workload of another kind with the same id does not inherit it.',
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
      description: 'Whether all or any of the tags are needed.',
      resolve: ({ tagMatchCondition }) => tagMatchCondition,
    }),
  }),
});
export const AddonKindEnum = types.enumType('AddonKind', {
  description: 'What kind of addon.',
  values: {
    ADDON: { value: 'addon' as const, description: 'A managed backing service of the project.' },
    EXTERNAL_ADDON: { value: 'external-addon' as const, description: 'A resource that lives elsewhere.' },
  },
});

const LinkedKeyType = types.objectRef<{ readonly key: LinkedKey; readonly addonId: string }>('LinkedKey').implement({
  description: 'One key of a linked addon.',
  fields: (t) => ({
    keyName: t.string({ description: 'Its name at the provider.', resolve: ({ key }) => key.keyName }),
    aliases: t.stringList({
      description: 'The names given to it; none: its default name is used.',
      resolve: ({ key }) => [...key.aliases],
    }),
    names: t.stringList({
      description: 'The names under which it is inherited.',
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
      description: 'Whether resolution fails as a whole when the addon yields nothing.',
    }),
    keys: t.field({
      type: [LinkedKeyType],
      description: 'The keys that are passed on.',
      resolve: ({ keys, addonId }) => keys.map((key) => ({ key, addonId })),
    }),
  }),
});
