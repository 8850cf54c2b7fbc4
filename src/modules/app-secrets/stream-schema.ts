import type { Builder } from '../../graphql/types/builder.ts';
import { addSubscription } from '../../graphql/types/subscription.ts';
import { appSecretsStream } from './stream.ts';

/** Tells who depends on an app's secrets that they changed. */
export function addAppSecretsStream(builder: Builder): void {
  const event = addSubscription(builder, {
    name: 'appSecretsChanged',
    description: 'Changes of the secrets of an app in one environment. Requires `LIST_KEYS` on app secrets.',
    event: { name: 'AppSecretsEvent', description: 'Secrets of an app changed. Never holds a value.' },
    args: (arg) => ({
      app: arg({ type: 'Slug', required: true, description: 'Slug of the app.' }),
      environment: arg({ type: 'Slug', required: true, description: 'Slug of the environment.' }),
    }),
    stream: ({ app, environment }, { session }) => appSecretsStream({ app, slug: environment }, session),
  });
  builder.objectFields(event, (t) => ({
    secrets: t.field({
      type: ['Slug'],
      description:
        'Slugs of the secrets that were created, changed or deleted, or whose value in this environment was set or unset.',
      resolve: ({ event: { secrets } }) => [...secrets],
    }),
    all: t.boolean({
      description: 'True if the environment or the app itself was changed or deleted. Read all secrets again.',
      resolve: ({ event: { all } }) => all,
    }),
  }));
}
