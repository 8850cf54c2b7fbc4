import { reveal } from '../../audit/reveal.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { idOf } from '../../vault/document.ts';
import { AppNode, EnvironmentNode } from '../apps/node.ts';
import { checkedNames } from './inputs.ts';
import { AppSecretNode } from './node.ts';
import type { Rendered, RenderedSecret } from './rendered.ts';
import { RenderModeEnum } from './types.ts';

export function addRendering(builder: Builder): void {
  const SecretType = builder.objectRef<RenderedSecret>('RenderedAppSecret').implement({
    description: 'A secret of an app as one environment has it.',
    fields: (t) => ({
      key: t.exposeString('key', { description: 'The name of the secret.' }),
      valueTypeUrn: t.exposeString('valueTypeUrn', {
        description:
          '`urn:rendered-app-secret:value-type:String`, or `urn:rendered-app-secret:value-type:None` when it is unset.',
      }),
      secretId: t.id({
        description: 'Global id of the secret.',
        resolve: ({ secret }) => idOfDocument('appSecret', secret.key) ?? '',
      }),
      secret: t.field({ type: AppSecretNode, description: 'The secret.', resolve: ({ secret }) => secret }),
      serializedValue: t.string({
        nullable: true,
        description: 'The value; null when masked or unset.',
        resolve: ({ value }, _args, context) => reveal(context, value),
      }),
      masked: t.boolean({
        description: 'Whether there is a value that is not shown.',
        resolve: ({ value }) => !value.isSeen,
      }),
    }),
  });
  const RenderedType = builder.objectRef<Rendered>('RenderedAppSecrets').implement({
    description: 'The secrets of an app as one environment has them.',
    fields: (t) => ({
      app: t.field({ type: AppNode, description: 'Of which app.', resolve: ({ app }) => app }),
      environment: t.field({
        type: EnvironmentNode,
        description: 'In which environment.',
        resolve: ({ environment }) => environment,
      }),
      seq: t.field({
        type: 'SafeInt',
        description: "The team's commit that this is as of.",
        resolve: ({ seq }) => seq,
      }),
      incrementalId: t.field({
        type: 'SafeInt',
        description: "The commit that last changed the app's environments, secrets or values; it only grows.",
        resolve: ({ incrementalId }) => incrementalId,
      }),
      changelogId: t.exposeString('changelogId', {
        description: 'Opaque; another one whenever `incrementalId` is another.',
      }),
      secretDigest: t.exposeString('secretDigest', {
        description: 'Keyed hash of the secrets as shown here: equal digests mean equal answers. Usable as an ETag.',
      }),
      secrets: t.field({
        type: [SecretType],
        description: 'The secrets by name, unset ones too.',
        resolve: ({ secrets }) => [...secrets],
      }),
      unset: t.stringList({
        description: 'Names of those without a value here, by code point.',
        resolve: ({ unset }) => [...unset],
      }),
    }),
  });
  builder.objectField(AppNode, 'rendered', (t) =>
    t.field({
      type: RenderedType,
      nullable: true,
      description:
        'What the app gets in one environment; null when there is no such environment. Needs `LIST_KEYS` or `RESOLVE`.',
      args: {
        environment: t.arg({ type: 'Slug', required: true, description: 'Slug of the environment.' }),
        mode: t.arg({ type: RenderModeEnum, required: true, description: 'Whether values are shown.' }),
        names: t.arg.stringList({
          description: 'Only the secrets with these names, at most 1,000; absent: all. Unknown names are ignored.',
        }),
      },
      resolve: ({ key }, { environment, mode, names }, { services, session }) =>
        orNull(services.appSecrets.render({ app: idOf(key), environment, mode, names: checkedNames(names) }, session)),
    }),
  );
}
