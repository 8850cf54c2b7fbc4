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
        description: 'True if there is a value that is not shown.',
        resolve: ({ value }) => !value.isSeen,
      }),
    }),
  });
  const RenderedType = builder.objectRef<Rendered>('RenderedAppSecrets').implement({
    description: 'The secrets of an app as one environment has them.',
    fields: (t) => ({
      app: t.field({ type: AppNode, description: 'The app.', resolve: ({ app }) => app }),
      environment: t.field({
        type: EnvironmentNode,
        description: 'The environment.',
        resolve: ({ environment }) => environment,
      }),
      seq: t.field({
        type: 'SafeInt',
        description: 'Number of the commit that this is as of.',
        resolve: ({ seq }) => seq,
      }),
      incrementalId: t.field({
        type: 'SafeInt',
        description: "The commit that last changed the app's environments, secrets or values; it only grows.",
        resolve: ({ incrementalId }) => incrementalId,
      }),
      changelogId: t.exposeString('changelogId', {
        description: 'Opaque; changes whenever `incrementalId` changes.',
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
        description: 'Names of the secrets without a value here, sorted by code point.',
        resolve: ({ unset }) => [...unset],
      }),
    }),
  });
  builder.objectField(AppNode, 'rendered', (t) =>
    t.field({
      type: RenderedType,
      nullable: true,
      description:
        "The app's secrets in one environment; null if there is no such environment. Requires `LIST_KEYS` or `RESOLVE`.",
      args: {
        environment: t.arg({ type: 'Slug', required: true, description: 'Slug of the environment.' }),
        mode: t.arg({ type: RenderModeEnum, required: true, description: 'Whether values are shown.' }),
        names: t.arg.stringList({
          description: 'Only the secrets with these names, at most 1,000. Unknown names are ignored. Default: all.',
        }),
      },
      resolve: ({ key }, { environment, mode, names }, { services, session }) =>
        orNull(services.appSecrets.render({ app: idOf(key), environment, mode, names: checkedNames(names) }, session)),
    }),
  );
}
