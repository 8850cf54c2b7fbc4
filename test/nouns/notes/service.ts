import { can, type Verb } from '../../../src/access/model.ts';
import type { Session } from '../../../src/access/session.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { forbidden, notFound } from '../../../src/kernel/errors.ts';
import type { Limits } from '../../../src/kernel/limits.ts';
import { visibleProject } from '../../../src/modules/projects/lookup.ts';
import { changesOf } from '../../../src/vault/change.ts';
import { requireCount } from '../../../src/vault/order.ts';
import { noteDocument, type PutNoteInput, type StoredNote } from './model.ts';

const changes = changesOf(noteDocument);

export const mayOnNote = (session: Session, verb: Verb, project: string): boolean =>
  can(session.principal, verb, 'note', { project, type: 'secret' });

export type NotesService = ReturnType<typeof createNotes>;

/** What people write down about a project. */
export function createNotes({ clock, limits }: { readonly clock: Clock; readonly limits: Limits }) {
  function bySlug(project: string, slug: string, session: Session): Promise<StoredNote> {
    return session.read(async (view) => {
      await visibleProject(project, view, session);
      const stored = (await view.set(noteDocument, project)).get(slug);
      if (!stored || !mayOnNote(session, 'list', project)) throw notFound('Note', slug);
      return stored;
    });
  }

  const textOf = (note: StoredNote, session: Session): string | null =>
    mayOnNote(session, 'read', note.key[1] ?? '') ? note.body().text : null;

  async function put({ project, slug, text }: PutNoteInput, session: Session) {
    const key = [session.principal.team, project, slug];
    const { commit } = await session.run({
      operation: 'note.put',
      subject: key,
      async find(view) {
        await visibleProject(project, view, session);
        if (!mayOnNote(session, 'write', project)) throw forbidden();
        const set = await view.set(noteDocument, project);
        return { before: set.get(slug), count: set.liveCount };
      },
      decide({ before, count }) {
        const fields = { updatedAt: clock().toISOString() };
        const change = before ? changes.replace(before, fields, { text }) : changes.create(key, fields, { text });
        const room = () => requireCount('notes in the project', limits, 'notesPerProject', count + 1);
        return { changes: [change], ...(before ? {} : { room }) };
      },
    });
    return { note: await bySlug(project, slug, session), commit };
  }

  return { bySlug, textOf, put };
}
