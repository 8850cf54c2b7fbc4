import { subjectOf } from '../../audit/reveal.ts';
import { allowedById, allowedInProject } from '../../graphql/types/allowed.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { expectedRevision } from '../../graphql/types/fields.ts';
import { idRule, webhookProject } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { type StoredWebhook, webhookDocument } from '../restarts/model.ts';
import * as inputs from './inputs.ts';
import { DeployWebhookNode } from './node.ts';

const webhookId = idRule('DeployWebhook').transform(webhookProject);
const secretField = {
  type: 'String',
  nullable: true,
  description: 'The secret that signs from now on, this once; null: there is no new one, or you gave it.',
  toldOf: ({ deployWebhook: { key } }: { readonly deployWebhook: StoredWebhook }) =>
    subjectOf(webhookDocument.kind, key),
} as const;

export function addDeployWebhookMutations(builder: Builder): void {
  const deployWebhook = { type: DeployWebhookNode, description: 'The webhook.' };
  addMutation(builder, {
    name: 'putDeployWebhook',
    description:
      'Sets where restart requests of a project are delivered. Signing secrets stay while the URL does; with another URL there is a new one. Needs `WRITE` on deploy webhooks.',
    input: (t) => ({
      project: t.field({ type: 'Slug', required: true, description: 'Slug of the project.' }),
      url: t.string({
        required: true,
        description:
          'HTTPS only, at most 2,048 characters, no credentials; HTTP and private addresses only for hosts in `KEYLOOM_ALLOWED_HOSTS`.',
      }),
      isEnabled: t.boolean({ description: 'Whether requests are delivered; absent: yes.' }),
      secret: t.string({
        description: 'Signs from now on: 24 to 200 printable ASCII characters; absent: one is made for a new webhook.',
      }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInProject('write', 'deployWebhook'),
    rules: inputs.putWebhookInput,
    failures: ['notFound', 'conflict'],
    run: (input, { services, session }) => services.deployWebhooks.put(input, session),
    payload: { deployWebhook, secret: secretField },
  });
  addMutation(builder, {
    name: 'rotateDeployWebhookSecret',
    description:
      'Starts to sign with a new secret, and goes on signing with the current one for a while, so that the receiver can change over. Needs `WRITE` on deploy webhooks.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The webhook.' }),
      secret: t.string({ description: '24 to 200 printable ASCII characters; absent: one is made.' }),
      overlapSeconds: t.int({ description: 'How long both sign, 0 to 2,592,000; absent: a day.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedById('write', 'deployWebhook', 'DeployWebhook', 'Deploy webhook'),
    rules: inputs.rotateSecretInput.extend({ id: webhookId }),
    failures: ['notFound', 'conflict'],
    run: ({ id, ...input }, { services, session }) => services.deployWebhooks.rotate(id, input, session),
    payload: { deployWebhook, secret: secretField },
  });
  addMutation(builder, {
    name: 'deleteDeployWebhook',
    description: 'Deletes it; what was still to be delivered is given up. Needs `DELETE` on deploy webhooks.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The webhook.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedById('delete', 'deployWebhook', 'DeployWebhook', 'Deploy webhook'),
    rules: inputs.deleteWebhookInput.extend({ id: webhookId }),
    failures: ['notFound', 'conflict'],
    run: ({ id, expectedRevision: revision }, { services, session }) =>
      services.deployWebhooks.remove(id, revision, session),
    payload: { deployWebhook },
  });
}
