import type { Session } from '../../access/session.ts';
import { notFound } from '../../kernel/errors.ts';
import type { Key } from '../../store/port.ts';
import { idOf } from '../../vault/document.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { View } from '../../vault/reading.ts';
import { visibleApp } from '../apps/find.ts';
import { appScope, type PlaceInApp, type StoredApp, type StoredEnvironment } from '../apps/model.ts';
import {
  type AppSecretBody,
  type AppSecretFields,
  appSecretDocument,
  type StoredAppSecret,
  type StoredValue,
  type ValueBody,
  type ValueFields,
  valueDocument,
} from './model.ts';
import { mayOnSecrets } from './rights.ts';

/** A secret's value in one environment, set or unset. Every secret has one in every environment. */
export interface Slot {
  readonly app: StoredApp;
  readonly environment: StoredEnvironment;
  readonly secret: StoredAppSecret;
  /** The document under its key, perhaps of an earlier environment or secret. */
  readonly stored: StoredValue | null;
  /** The document if it is of this one, unset or not; null: never set. */
  readonly latest: StoredValue | null;
  /** null: unset. */
  readonly value: StoredValue | null;
}

export type ValueSet = DocumentSet<ValueFields, ValueBody>;

export const secretsOf = (app: string, view: View): Promise<DocumentSet<AppSecretFields, AppSecretBody>> =>
  view.set(appSecretDocument, appScope(app));

export const valuesOf = (app: string, view: View): Promise<ValueSet> => view.set(valueDocument, appScope(app));

const valueId = (environment: StoredEnvironment, secret: StoredAppSecret): string =>
  `${idOf(environment.key)}/${idOf(secret.key)}`;

export const valueKey = ({ environment, secret }: Pick<Slot, 'environment' | 'secret'>): Key => [
  ...secret.key.slice(0, 2),
  valueId(environment, secret),
];

export const incarnationOf = ({ environment, secret }: Pick<Slot, 'environment' | 'secret'>): string =>
  `${environment.fields.incarnation}.${secret.fields.incarnation}`;

export function slotIn(values: ValueSet, of: Pick<Slot, 'app' | 'environment' | 'secret'>): Slot {
  const stored = values.get(valueId(of.environment, of.secret));
  const latest = stored?.fields.incarnation === incarnationOf(of) ? stored : null;
  return { ...of, stored, latest, value: latest && !latest.deleted ? latest : null };
}

/** The secret, deleted or not, if the caller may see it. */
export async function storedSecret({ app, slug }: PlaceInApp, view: View, session: Session): Promise<StoredAppSecret> {
  await visibleApp(app, view, session);
  const stored = (await secretsOf(app, view)).get(slug);
  if (!stored || !mayOnSecrets(session, 'list')) throw notFound('App secret', slug);
  return stored;
}

export async function visibleSecret(place: PlaceInApp, view: View, session: Session): Promise<StoredAppSecret> {
  const stored = await storedSecret(place, view, session);
  if (stored.deleted) throw notFound('App secret', place.slug);
  return stored;
}
