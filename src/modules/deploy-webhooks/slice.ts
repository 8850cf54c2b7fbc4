import { guardedFetch, isPermitted } from '../../net/guarded-fetch.ts';
import type { House, Slice } from '../slice.ts';
import { type Courier, createCourier } from './courier.ts';
import { addDeployWebhookMutations } from './mutations.ts';
import { types } from './types.ts';
import { addWebhooks } from './webhook-schema.ts';
import { createWebhooks, type WebhooksService } from './webhooks.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly deployWebhooks: WebhooksService & { readonly deliver: Courier };
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly deployWebhook: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    readonly deployWebhook: true;
  }
}

export const deployWebhooks: Slice = {
  name: 'deploy-webhooks',
  resources: [{ name: 'deployWebhook', words: 'Deploy webhooks of projects.', class: 'catalog' }],
  types,
  create(house) {
    const { reach, access } = house;
    const webhooks = createWebhooks({ ...house, mayAsk: (url) => isPermitted(url, reach) });
    const session = (team: string) => access.system(team, 'system:restarts');
    const deliver = createCourier({ ...house, fetch: webhookFetch(house), random: Math.random, session });
    return { services: { deployWebhooks: { ...webhooks, deliver } } };
  },
  addSchema(builder) {
    addWebhooks(builder);
    addDeployWebhookMutations(builder);
  },
};

/** What webhooks answer is not read, so that none of it can matter. */
function webhookFetch({ reach, limits: { webhookDeadlineMs, webhookLeaseMs } }: House) {
  const deadlineMs = Math.min(webhookDeadlineMs, webhookLeaseMs / 3);
  return guardedFetch({ reach, mostBytes: 65_536, excess: 'cut', deadlineMs, signal: new AbortController().signal });
}
