import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { isAppError } from '../../kernel/errors.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import type { Commit, Touched } from '../../store/port.ts';
import type { Stream } from '../../streams/stream.ts';
import { topic } from '../../streams/topics.ts';
import { idOf } from '../../vault/document.ts';
import { liveEnvironment, visibleApp } from '../apps/find.ts';
import { appScope, type PlaceInApp } from '../apps/model.ts';
import { mayOnSecrets, requireKeys } from './rights.ts';

/** What of an app's secrets a commit touched in one environment. */
export interface AppSecretsEvent {
  /** Slugs of the secrets, sorted: values set or unset, or the secrets themselves. */
  readonly secrets: readonly string[];
  /** The environment or the app itself was touched, and with it perhaps every secret. */
  readonly all: boolean;
}

function secretOf({ app, slug }: PlaceInApp, { kind, key }: Touched): string | null {
  if (key[1] !== appScope(app)) return null;
  if (kind === 'appSecret') return idOf(key);
  const [environment, secret] = kind === 'appSecretValue' ? idOf(key).split('/') : [];
  return environment === slug ? (secret ?? null) : null;
}

function isPlace({ app, slug }: PlaceInApp, { kind, key }: Touched): boolean {
  if (kind === 'app') return idOf(key) === app;
  return kind === 'environment' && key[1] === appScope(app) && idOf(key) === slug;
}

function eventOf(place: PlaceInApp, { touched }: Commit): AppSecretsEvent {
  const secrets = new Set(touched.flatMap((each) => secretOf(place, each) ?? []));
  return { secrets: [...secrets].sort(byCodePoint), all: touched.some((each) => isPlace(place, each)) };
}

const says = ({ secrets, all }: AppSecretsEvent): boolean => all || secrets.length > 0;

async function isThere(place: PlaceInApp, session: Session): Promise<boolean> {
  const find = session.read(async (view) => {
    await visibleApp(place.app, view, session);
    return liveEnvironment(place, view);
  });
  return find.then(
    () => true,
    (error: unknown) => {
      if (isAppError(error) && error.code === 'NOT_FOUND') return false;
      throw error;
    },
  );
}

/** Changes of an app's secrets in one environment. Requires `keys` on app secrets: which values are set where is for no one else. */
export async function appSecretsStream(place: PlaceInApp, session: Session): Promise<Stream<AppSecretsEvent>> {
  await session.read(async (view) => {
    await visibleApp(place.app, view, session);
    await liveEnvironment(place, view);
  });
  requireKeys(session);
  return {
    name: ['appSecretsChanged', place.app, place.slug],
    coalesces: false,
    topics: [
      topic('app', place.app),
      ...(['appSecret', 'appSecretValue', 'environment'] as const).map((kind) => topic(kind, appScope(place.app))),
    ],
    concerns: (commit) => says(eventOf(place, commit)),
    async event({ commit, session: viewer }) {
      if (!mayOnSecrets(viewer, 'listKeys') || !can(viewer.principal, 'list', 'app')) return null;
      const event = eventOf(place, commit);
      // That it is gone is the last that is told of it.
      return event.all || (await isThere(place, viewer)) ? event : null;
    },
  };
}
