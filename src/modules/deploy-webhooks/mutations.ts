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
  description: 'The new signing secret, shown only once; null if there is no new one or you gave it.',
  toldOf: ({ deployWebhook: { key } }: { readonly deployWebhook: StoredWebhook }) =>
    subjectOf(webhookDocument.kind, key),
} as const;

export function addDeployWebhookMutations(builder: Builder): void {
  const deployWebhook = { type: DeployWebhookNode, description: 'The webhook.' };
  addMutation(builder, {
    name: 'putDeployWebhook',
    description:
      'Sets the address that restart requests of a project are delivered to. Another URL gets a new signing secret. Requires `WRITE` on deploy webhooks.',
    input: (t) => ({
      project: t.field({ type: 'Slug', required: true, description: 'Slug of the project.' }),
      url: t.string({
        required: true,
        description:
          'HTTPS only, at most 2,048 characters, no credentials; HTTP and private addresses only for hosts in `KEYLOOM_ALLOWED_HOSTS`.',
      }),
      isEnabled: t.boolean({ description: 'Whether requests are delivered. Default: true.' }),
      secret: t.string({
        description:
          'The secret that signs from now on: 24-200 printable ASCII characters. Default: one is generated for a new webhook.',
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
      'Signs with a new secret from now on, and with the current one as well for a while, so that the receiver can change over. Requires `WRITE` on deploy webhooks.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The webhook.' }),
      secret: t.string({ description: '24-200 printable ASCII characters. Default: one is generated.' }),
      overlapSeconds: t.int({ description: 'Seconds that both secrets sign, 0-2,592,000. Default: 86,400.' }),
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
    description: 'Deletes a deploy webhook; pending deliveries are dropped. Requires `DELETE` on deploy webhooks.',
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
