import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
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

const limits = {
  webhookDeadlineMs: { default: 5_000, min: 10, words: 'Milliseconds of one attempt to reach a deploy webhook.' },
  webhookAttempts: { default: 12, min: 1, words: 'Attempts before a delivery is given up.' },
  webhookBackoffMs: {
    default: 10_000,
    min: 1,
    words: 'Milliseconds of the longest wait after the first failed attempt. Each further failure doubles it.',
  },
  webhookBackoffMostMs: { default: 3_600_000, min: 1, words: 'Milliseconds of the longest wait between two attempts.' },
  webhookLeaseMs: {
    default: 30_000,
    min: 50,
    words: 'Milliseconds for which a delivering process may be silent before another takes over.',
  },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const deployWebhooks: Slice = {
  name: 'deploy-webhooks',
  limits,
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
  return guardedFetch({ reach, maxBytes: 65_536, excess: 'cut', deadlineMs, signal: new AbortController().signal });
}
