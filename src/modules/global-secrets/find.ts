import type { Session } from '../../access/session.ts';
import { conflict, notFound } from '../../kernel/errors.ts';
import type { View } from '../../vault/vault.ts';
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
