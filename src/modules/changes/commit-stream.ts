import type { Session } from '../../access/session.ts';
import type { Commit, Touched } from '../../store/port.ts';
import type { Stream } from '../../streams/stream.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import type { Visibility } from './visible.ts';

/** A document that a commit touched and that the viewer may list. */
export type DocumentChange = Touched;

/** What of a commit a viewer sees: at least one document. */
export interface CommitEvent {
  readonly changes: readonly DocumentChange[];
}

export interface CommitsAsk {
  /** null: all of the team. */
  readonly project: string | null;
  /** null: all kinds. */
  readonly kinds: readonly string[] | null;
  /** Only the document with this id; null: all. */
  readonly id?: string | null;
}

/** Commits, without what the viewer may not list; those of which nothing is left are left out. */
function commitStream(
  { isShown, mayOnTouched, projectOf }: Visibility,
  name: readonly string[],
  { project, kinds, id = null }: CommitsAsk,
  incarnation: string | null = null,
): Stream<CommitEvent> {
  const isMeant = (touched: Touched): boolean =>
    isShown(touched.kind) &&
    (kinds === null || kinds.includes(touched.kind)) &&
    (project === null || projectOf(touched) === project) &&
    (id === null || touched.key[touched.key.length - 1] === id);

  async function visible({ touched, seq }: Commit, session: Session): Promise<readonly DocumentChange[]> {
    return session.read(async (view) => {
      const projects = await view.set(projectDocument);
      // Another project that has the slug since is none of this stream's business.
      if (project !== null && projects.get(project)?.fields.incarnation !== incarnation) return [];
      const isOfAnother = (each: Touched): boolean => {
        const slug = projectOf(each);
        return slug !== null && !projects.damaged.has(slug) && seq <= (projects.get(slug)?.fields.bornAfter ?? 0);
      };
      const found: DocumentChange[] = [];
      for (const each of touched) {
        if (isMeant(each) && !isOfAnother(each) && (await mayOnTouched(each, 'list', view, session))) found.push(each);
      }
      return found;
    });
  }

  return {
    name,
    coalesces: false,
    // Few at most: all who may see the same share one.
    topics: null,
    concerns: ({ touched }) => touched.some(isMeant),
    async event({ commit, session }) {
      const changes = await visible(commit, session);
      return changes.length === 0 ? null : { changes };
    },
  };
}

/** The team's log as the viewer may see it. NOT_FOUND for a project that is not there or hidden. */
export async function changesStream(
  visibility: Visibility,
  ask: CommitsAsk,
  session: Session,
): Promise<Stream<CommitEvent>> {
  const { project } = ask;
  if (project === null) return commitStream(visibility, ['changes', ''], ask);
  const { fields } = await session.read((view) => visibleProject(project, view, session));
  return commitStream(visibility, ['changes', project, fields.incarnation], ask, fields.incarnation);
}

/** Global secrets, one or all. */
export const globalsStream = (visibility: Visibility, slug: string | null): Stream<CommitEvent> =>
  commitStream(visibility, ['globalSecretChanged', slug ?? ''], { project: null, kinds: ['globalSecret'], id: slug });
