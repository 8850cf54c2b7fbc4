import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { notFound } from '../../kernel/errors.ts';
import type { Fields } from '../../store/port.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { View } from '../../vault/reading.ts';
import {
  appDocument,
  appScope,
  environmentDocument,
  type PlaceInApp,
  type StoredApp,
  type StoredEnvironment,
} from './model.ts';

/** The app, deleted or not, if the caller may see it. */
export async function storedApp(slug: string, view: View, session: Session): Promise<StoredApp> {
  const stored = (await view.set(appDocument)).get(slug);
  if (!stored || !can(session.principal, 'list', 'app')) throw notFound('App', slug);
  return stored;
}

/** The app if it lives and the caller may see it; what one may not see does not exist. */
export async function visibleApp(slug: string, view: View, session: Session): Promise<StoredApp> {
  const stored = await storedApp(slug, view, session);
  if (stored.deleted) throw notFound('App', slug);
  return stored;
}

export const environmentsOf = (app: string, view: View): Promise<DocumentSet<StoredEnvironment['fields'], null>> =>
  view.set(environmentDocument, appScope(app));

/** The environment of an app that the caller may see. */
export async function storedEnvironment({ app, slug }: PlaceInApp, view: View): Promise<StoredEnvironment> {
  const stored = (await environmentsOf(app, view)).get(slug);
  if (!stored) throw notFound('Environment', slug);
  return stored;
}

export async function liveEnvironment(place: PlaceInApp, view: View): Promise<StoredEnvironment> {
  const stored = await storedEnvironment(place, view);
  if (stored.deleted) throw notFound('Environment', place.slug);
  return stored;
}

/** Refuses to go on without what was tampered with, where leaving it out would change the answer. */
export function whole<F extends Fields, B>(set: DocumentSet<F, B>): DocumentSet<F, B> {
  for (const damaged of set.damaged) set.get(damaged);
  return set;
}
