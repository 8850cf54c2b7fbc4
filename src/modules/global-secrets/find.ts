import type { Session } from '../../access/session.ts';
import { conflict, forbidden, notFound } from '../../kernel/errors.ts';
import type { View } from '../../vault/reading.ts';
import { globalDocument, type StoredGlobal } from './model.ts';
import { mayOnGlobal } from './rights.ts';

/** Which global secret, and the revision that the caller saw. */
export interface GlobalUpdate {
  readonly slug: string;
  readonly expectedRevision?: number | null | undefined;
}

export type Find = (slug: string, view: View, session: Session) => Promise<StoredGlobal>;

/** The global secret, deleted or not, if the caller may see it. */
const storedGlobal: Find = async (slug, view, session) => {
  const stored = (await view.set(globalDocument)).get(slug);
  if (!stored || !mayOnGlobal(session, 'list', stored.fields.type)) throw notFound('Global secret', slug);
  return stored;
};

export const visibleGlobal: Find = async (slug, view, session) => {
  const stored = await storedGlobal(slug, view, session);
  if (stored.deleted) throw notFound('Global secret', slug);
  return stored;
};

export const deletedGlobal: Find = async (slug, view, session) => {
  const stored = await storedGlobal(slug, view, session);
  if (!stored.deleted) throw conflict('NOT_DELETED', 'The global secret is not deleted');
  return stored;
};

/** The first steps of a change: the global secret, for whoever may write it and saw its present revision. */
export const writableGlobal = ({ slug, expectedRevision }: GlobalUpdate, session: Session) => ({
  async find(view: View): Promise<StoredGlobal> {
    const before = await visibleGlobal(slug, view, session);
    if (!mayOnGlobal(session, 'write', before.fields.type)) throw forbidden();
    return before;
  },
  seen: (present: StoredGlobal) => ({ expected: expectedRevision, present }),
});

/** As the viewer may see it; NOT_FOUND otherwise. */
export const bySlug = (slug: string, session: Session): Promise<StoredGlobal> =>
  session.read((view) => visibleGlobal(slug, view, session));
