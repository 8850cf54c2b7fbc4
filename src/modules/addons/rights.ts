import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { conflict, forbidden, notFound } from '../../kernel/errors.ts';
import type { View } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import { type AddonKind, documentOf, NOUN, type StoredAddon } from './model.ts';

/** An addon by address. */
export interface AddonRef {
  readonly kind: AddonKind;
  readonly project: string;
  readonly slug: string;
}
export interface AddonUpdate extends AddonRef {
  readonly expectedRevision?: number | null | undefined;
}

/** Addons are guarded as secret groups of type secret are. */
export const mayOnAddon = (session: Session, verb: Verb, project: string): boolean =>
  can(session.principal, verb, 'addon', { project, type: 'secret' });

type Find = (ref: AddonRef, view: View, session: Session) => Promise<StoredAddon>;

/** The addon, deleted or not, if the caller may see it. */
const storedAddon: Find = async ({ kind, project, slug }, view, session) => {
  await visibleProject(project, view, session);
  const stored = (await view.set(documentOf(kind), project)).get(slug);
  if (!stored || !mayOnAddon(session, 'list', project)) throw notFound(NOUN[kind], slug);
  return { ...stored, kind };
};

export const visibleAddon: Find = async (ref, view, session) => {
  const stored = await storedAddon(ref, view, session);
  if (stored.deleted) throw notFound(NOUN[ref.kind], ref.slug);
  return stored;
};

export const deletedAddon: Find = async (ref, view, session) => {
  const stored = await storedAddon(ref, view, session);
  if (!stored.deleted) throw conflict('NOT_DELETED', `The ${NOUN[ref.kind].toLowerCase()} is not deleted`);
  return stored;
};

/** The first steps of a change: the addon, for whoever may do this to it and saw its present revision. */
export const changeableAddon = (ref: AddonUpdate, verb: Verb, session: Session, find: Find = visibleAddon) => ({
  async find(view: View): Promise<StoredAddon> {
    const before = await find(ref, view, session);
    if (!mayOnAddon(session, verb, ref.project)) throw forbidden();
    return before;
  },
  seen: (present: StoredAddon) => ({ expected: ref.expectedRevision, present }),
});
