import type { Builder } from '../../graphql/types/builder.ts';
import type { LinkableKey } from '../../plugin/contract.ts';
import type { LoadedPlugin } from '../../plugin/plugin.ts';
import { AddonKindEnum } from '../secret-groups/types.ts';
import { types } from './types.ts';

const LinkableKeyType = types.objectRef<LinkableKey>('LinkableKey').implement({
  description: 'A key that groups may link.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name that links use.' }),
    title: t.exposeString('title', { description: 'Text for people.' }),
    description: t.exposeString('description', { description: 'What it holds.' }),
    sensitive: t.exposeBoolean('sensitive', { description: 'Whether its value is secret.' }),
  }),
});

export const ProviderType = types.objectRef<LoadedPlugin>('AddonProvider').implement({
  description: 'A plugin that knows one kind of backing service.',
  fields: (t) => ({
    id: t.string({ description: 'The id by which addons refer to it.', resolve: ({ facts }) => facts.id }),
    kind: t.field({ type: AddonKindEnum, description: 'What it provides.', resolve: ({ facts }) => facts.kind }),
    title: t.string({ description: 'Text for people.', resolve: ({ facts }) => facts.title }),
    keys: t.field({
      type: [LinkableKeyType],
      description: 'The keys of its addons.',
      resolve: ({ facts }) => [...facts.keys],
    }),
    params: t.field({
      type: 'JSON',
      description: 'JSON Schema of the parameters that an addon takes; `sensitive: true` marks secrets.',
      resolve: ({ facts }) => facts.params,
    }),
    canCheck: t.boolean({
      description: 'Whether it can check a connection (`testAddon`).',
      resolve: ({ abilities }) => abilities.check,
    }),
    canRotate: t.boolean({
      description: 'Whether it can rotate credentials (`rotateAddon`).',
      resolve: ({ abilities }) => abilities.rotate,
    }),
  }),
});

export function addProviders(builder: Builder): void {
  builder.queryField('addonProviders', (t) =>
    t.field({
      type: [ProviderType],
      description: 'The providers that are loaded, by id.',
      args: { kind: t.arg({ type: AddonKindEnum, description: 'Only of this kind. Default: all.' }) },
      resolve: (_root, { kind }, { services }) => [...services.addons.providers.list(kind ?? null)],
    }),
  );
}
