import type { Work } from '../kernel/work.ts';
import type { Fields, Head, TeamId } from '../store/port.ts';
import type { DocumentType } from './document.ts';
import type { DocumentSet } from './document-set.ts';
import { overlaid } from './overlay.ts';
import type { View } from './reading.ts';
import type { createSets } from './sets.ts';

const nameOf = ({ kind }: Pick<DocumentType<Fields, unknown>, 'kind'>, project: string | undefined): string =>
  `${kind}\0${project ?? ''}`;

/** The team as its head says that it is; sets are loaded when they are first asked for. */
export function viewAt(team: TeamId, head: Head | null, sets: ReturnType<typeof createSets>, work: Work): View {
  // Made when first needed: a request that gets a kept answer reads no set.
  let memo: Map<string, Promise<DocumentSet<Fields, unknown>>> | null = null;
  let projects: Map<string, Promise<Head | null>> | null = null;
  /** Those that are there, by kind, and by project of those that are in one. */
  let read: Map<string, DocumentSet<Fields, unknown>> | null = null;
  const seq = head?.seq ?? 0;

  function headOf(project: string): Promise<Head | null> {
    projects ??= new Map();
    const known = projects.get(project) ?? sets.verifiedHead([team, project]);
    projects.set(project, known);
    return known;
  }
  async function loadSet<F extends Fields, B>(type: DocumentType<F, B>, project: string | undefined) {
    const scope = project === undefined ? [team] : [team, project];
    const loaded = await sets.load(type, scope, seq, project === undefined ? async () => head : () => headOf(project));
    read ??= new Map();
    read.set(nameOf(type, project), loaded as DocumentSet<Fields, unknown>);
    return loaded;
  }
  function set<F extends Fields, B>(type: DocumentType<F, B>, project?: string): Promise<DocumentSet<F, B>> {
    const name = nameOf(type, project);
    memo ??= new Map();
    const known = memo.get(name);
    if (known) return known as Promise<DocumentSet<F, B>>;
    const loading = loadSet(type, project);
    memo.set(name, loading as Promise<DocumentSet<Fields, unknown>>);
    return loading;
  }
  /** What was read here stays here, whatever the sets that are kept for all moved on to. */
  const ready = <F extends Fields, B>(type: DocumentType<F, B>, project?: string): DocumentSet<F, B> | null =>
    (read?.get(nameOf(type, project)) as DocumentSet<F, B> | undefined) ??
    sets.ready(type, project === undefined ? [team] : [team, project], seq);
  const viewBy = (by: Work): View => {
    const view: View = { team, seq, work: by, by: viewBy, set, ready, with: (plan) => overlaid(view, plan.changes) };
    return view;
  };
  return viewBy(work);
}
