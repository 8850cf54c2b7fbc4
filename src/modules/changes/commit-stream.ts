import type { Session } from '../../access/session.ts';
import type { Commit, Touched } from '../../store/port.ts';
import type { Stream } from '../../streams/stream.ts';
import { visibleProject } from '../projects/service.ts';
import { isShown, mayOnTouched, projectOf, type ShownKind } from './visible.ts';

/** A document that a commit touched and that the viewer may list. */
export interface DocumentChange extends Touched {
  readonly kind: ShownKind;
}

/** What of a commit a viewer sees: at least one document. */
export interface CommitEvent {
  readonly changes: readonly DocumentChange[];
}

export interface CommitsAsk {
  /** null: all of the team. */
  readonly project: string | null;
  /** null: all kinds. */
  readonly kinds: readonly ShownKind[] | null;
  /** Only the document with this id; null: all. */
  readonly id?: string | null;
}

/** Commits, without what the viewer may not list; those of which nothing is left are left out. */
function commitStream(name: readonly string[], { project, kinds, id = null }: CommitsAsk): Stream<CommitEvent> {
  const isMeant = (touched: Touched): touched is DocumentChange =>
    isShown(touched.kind) &&
    (kinds === null || kinds.includes(touched.kind)) &&
    (project === null || projectOf(touched) === project) &&
    (id === null || touched.key[touched.key.length - 1] === id);

  async function visible({ touched }: Commit, session: Session): Promise<readonly DocumentChange[]> {
    return session.read(async (view) => {
      const found: DocumentChange[] = [];
      for (const each of touched) {
        if (isMeant(each) && (await mayOnTouched(each, 'list', view, session))) found.push(each);
      }
      return found;
    });
  }

  return {
    name,
    coalesces: false,
    concerns: ({ touched }) => touched.some(isMeant),
    async event({ commit, session }) {
      const changes = await visible(commit, session);
      return changes.length === 0 ? null : { changes };
    },
  };
}

/** The team's log as the viewer may see it. NOT_FOUND for a project that is not there or hidden. */
export async function changesStream(ask: CommitsAsk, session: Session): Promise<Stream<CommitEvent>> {
  const { project } = ask;
  if (project !== null) await session.read((view) => visibleProject(project, view, session));
  return commitStream(['changes', project ?? ''], ask);
}

/** Global secrets, one or all. */
export const globalsStream = (slug: string | null): Stream<CommitEvent> =>
  commitStream(['globalSecretChanged', slug ?? ''], { project: null, kinds: ['globalSecret'], id: slug });
