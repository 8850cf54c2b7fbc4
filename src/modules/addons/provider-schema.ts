import { type Builder, builder as shared } from '../../graphql/builder.ts';
import type { AddonProvider, LinkableKey } from '../../plugin/contract.ts';
import { AddonKindEnum } from '../secret-groups/parts.ts';
import { paramsSchema } from './params.ts';

const LinkableKeyType = shared.objectRef<LinkableKey>('LinkableKey').implement({
  description: 'A key that groups may link.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As links call it.' }),
    title: t.exposeString('title', { description: 'For people.' }),
    description: t.exposeString('description', { description: 'What it holds.' }),
    sensitive: t.exposeBoolean('sensitive', { description: 'Whether its value is for those who may read secrets.' }),
  }),
});

export const ProviderType = shared.objectRef<AddonProvider>('AddonProvider').implement({
  description: 'A plugin that knows one kind of backing service.',
  fields: (t) => ({
    id: t.exposeString('id', { description: 'As addons name it.' }),
    kind: t.field({ type: AddonKindEnum, description: 'What it provides.', resolve: ({ kind }) => kind }),
    title: t.exposeString('title', { description: 'For people.' }),
    keys: t.field({
      type: [LinkableKeyType],
      description: 'The keys that its addons have.',
      resolve: ({ keys }) => [...keys],
    }),
    params: t.field({
      type: 'JSON',
      description: 'JSON Schema of the parameters that an addon takes; `sensitive: true` marks secrets.',
      resolve: (provider) => paramsSchema(provider),
    }),
  }),
});

export function addProviders(builder: Builder): void {
  builder.queryField('addonProviders', (t) =>
    t.field({
      type: [ProviderType],
      description: 'The providers that are loaded, by id.',
      args: { kind: t.arg({ type: AddonKindEnum, description: 'Of this kind; absent: all.' }) },
      resolve: (_root, { kind }, { services }) => [...services.addons.providers(kind ?? null)],
    }),
  );
}
