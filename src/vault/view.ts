import type { Work } from '../kernel/work.ts';
import type { Fields, Head, TeamId } from '../store/port.ts';
import type { DocumentType } from './document.ts';
import type { DocumentSet } from './document-set.ts';
import { overlaid } from './overlay.ts';
import type { View } from './reading.ts';
import type { createSets } from './sets.ts';

/** The team as its head says that it is; sets are loaded when they are first asked for. */
export function viewAt(team: TeamId, head: Head | null, sets: ReturnType<typeof createSets>, work: Work): View {
  // Made when first needed: a request that gets a kept answer reads no set.
  let memo: Map<string, Promise<DocumentSet<Fields, unknown>>> | null = null;
  let projects: Map<string, Promise<Head | null>> | null = null;
  const seq = head?.seq ?? 0;

  function headOf(project: string): Promise<Head | null> {
    projects ??= new Map();
    const known = projects.get(project) ?? sets.verifiedHead([team, project]);
    projects.set(project, known);
    return known;
  }
  async function loadSet<F extends Fields, B>(type: DocumentType<F, B>, project: string | undefined) {
    if (project === undefined) return sets.load(type, [team], seq, async () => head);
    return sets.load(type, [team, project], seq, () => headOf(project));
  }
  function set<F extends Fields, B>(type: DocumentType<F, B>, project?: string): Promise<DocumentSet<F, B>> {
    const name = `${type.kind}\0${project ?? ''}`;
    memo ??= new Map();
    const known = memo.get(name) ?? (loadSet(type, project) as Promise<DocumentSet<Fields, unknown>>);
    memo.set(name, known);
    return known as Promise<DocumentSet<F, B>>;
  }
  const ready: View['ready'] = (type, project) =>
    sets.ready(type, project === undefined ? [team] : [team, project], seq);
  const viewBy = (by: Work): View => {
    const view: View = { team, seq, work: by, by: viewBy, set, ready, with: (plan) => overlaid(view, plan.changes) };
    return view;
  };
  return viewBy(work);
}
