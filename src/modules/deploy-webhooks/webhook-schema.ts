import { reveal } from '../../audit/reveal.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { createdAtField, updatedAtField } from '../../graphql/types/node-fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { idOf } from '../../vault/document.ts';
import { ProjectNode } from '../projects/node.ts';
import type { SigningSecret } from '../restarts/model.ts';
import { DeployWebhookNode } from './node.ts';

export function addWebhooks(builder: Builder): void {
  const SecretType = builder.objectRef<SigningSecret>('SigningSecret').implement({
    description: 'A secret that signs deliveries. Its text is told once, when it is made.',
    fields: (t) => ({
      since: t.field({ type: 'DateTime', description: 'Signs since then.', resolve: ({ since }) => since }),
      until: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Signs until then; null: it is the present one.',
        resolve: ({ until }) => until,
      }),
    }),
  });
  implementNode(builder, DeployWebhookNode, {
    description: 'Where restart requests of a project are delivered: by POST, signed, at least once.',
    fields: (t) => ({
      project: t.field({
        type: ProjectNode,
        description: 'The project it belongs to.',
        resolve: ({ key }, _args, { services, session }) => services.projects.bySlug(key[1] ?? '', session),
      }),
      url: t.string({
        nullable: true,
        description: 'Where; null without `READ` on deploy webhooks, since it often is a credential.',
        resolve: (webhook, _args, context) =>
          reveal(context, context.services.deployWebhooks.urlOf(webhook, context.session)),
      }),
      isEnabled: t.boolean({
        description: 'Whether requests are delivered; they wait while not.',
        resolve: ({ fields }) => fields.enabled,
      }),
      signingSecrets: t.field({
        type: [SecretType],
        description: 'Those that sign now, the present one first: two during a rotation.',
        resolve: (webhook, _args, { services, notRepeatable }) => {
          notRepeatable();
          return [...services.deployWebhooks.secretsSince(webhook)];
        },
      }),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t),
    }),
  });
  builder.objectField(ProjectNode, 'deployWebhook', (t) =>
    t.field({
      type: DeployWebhookNode,
      nullable: true,
      description: 'Its deploy webhook; null when there is none or you may not see it.',
      resolve: ({ key }, _args, { services, session }) => orNull(services.deployWebhooks.ofProject(idOf(key), session)),
    }),
  );
}
