import { byCodePoint } from '../../kernel/ids.ts';
import { idOf, plainDocument, type Stored } from '../../vault/document.ts';

export type AppFields = { readonly name: string; readonly createdAt: string; readonly updatedAt: string };
/** An app belongs to the team. */
export const appDocument = plainDocument<AppFields>('app');
export type StoredApp = Stored<AppFields, null>;

export type EnvironmentFields = {
  readonly name: string;
  readonly order: number;
  readonly protected: boolean;
  /** How often the slug was created: values of an earlier environment of the same slug are none of this one. */
  readonly incarnation: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};
export const environmentDocument = plainDocument<EnvironmentFields>('environment');
export type StoredEnvironment = Stored<EnvironmentFields, null>;

const MARK = 'app';

/** Where the documents of an app are kept, beside those of the projects, under a data key of its own: no slug holds a slash. */
export const appScope = (app: string): string => `${MARK}/${app}`;

/** Something in an app, by slugs. */
export interface PlaceInApp {
  readonly app: string;
  readonly slug: string;
}

/** From the key within the team, as global ids carry it; whatever is no such key gives the place of nothing. */
export function placeInApp(local: string): PlaceInApp {
  const [mark, app = '', slug = '', ...rest] = local.split('/');
  return mark === MARK && rest.length === 0 ? { app, slug } : { app: '', slug: '' };
}

/** The app that a document is kept in. */
export const appOf = ({ key }: Pick<Stored<never, never>, 'key'>): string => (key[1] ?? '').slice(MARK.length + 1);

/** As people put them: by their order, then by slug. */
export const inOrder = (environments: readonly StoredEnvironment[]): readonly StoredEnvironment[] =>
  [...environments].sort((a, b) => a.fields.order - b.fields.order || byCodePoint(idOf(a.key), idOf(b.key)));
