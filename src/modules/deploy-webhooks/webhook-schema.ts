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
    description: 'A secret that signs deliveries. Its text is shown once, when it is created.',
    fields: (t) => ({
      since: t.field({ type: 'DateTime', description: 'When it began to sign.', resolve: ({ since }) => since }),
      until: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it stops signing; null for the current one.',
        resolve: ({ until }) => until,
      }),
    }),
  });
  implementNode(builder, DeployWebhookNode, {
    description: 'The address that restart requests of a project are delivered to: by signed POST, at least once.',
    fields: (t) => ({
      project: t.field({
        type: ProjectNode,
        description: 'The project it belongs to.',
        resolve: ({ key }, _args, { services, session }) => services.projects.bySlug(key[1] ?? '', session),
      }),
      url: t.string({
        nullable: true,
        description: 'The target URL; null without `READ` on deploy webhooks, because a URL is often a credential.',
        resolve: (webhook, _args, context) =>
          reveal(context, context.services.deployWebhooks.urlOf(webhook, context.session)),
      }),
      isEnabled: t.boolean({
        description: 'Whether requests are delivered. While false, they wait.',
        resolve: ({ fields }) => fields.enabled,
      }),
      signingSecrets: t.field({
        type: [SecretType],
        description: 'The secrets that sign now, the current one first; two during a rotation.',
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
      description: 'Its deploy webhook; null if there is none or you may not see it.',
      resolve: ({ key }, _args, { services, session }) => orNull(services.deployWebhooks.ofProject(idOf(key), session)),
    }),
  );
}
