import type { Work } from '../kernel/work.ts';
import type { Doc, Fields, Key, Seq } from '../store/port.ts';
import type { Change } from './change.ts';
import { type DocumentType, idOf, type Stored } from './document.ts';
import type { DocumentSet } from './document-set.ts';
import { joined } from './joined.ts';
import type { View } from './reading.ts';
import { storedFrom } from './seal.ts';

/** Of what is not sealed yet. What replaces it in the same commit replaces what was there before. */
const UNSEALED = new Uint8Array();

/** A view with changes laid over it: what the team will be once exactly those are committed, in one commit. */
export function overlaid(view: View, changes: readonly Change[]): View {
  if (!changes.some(isSeen)) return view;
  const seq = view.seq + 1;
  const sets = new Map<string, Promise<DocumentSet<Fields, unknown>>>();

  async function laidOver<F extends Fields, B>(type: DocumentType<F, B>, project: string | undefined) {
    const scope = project === undefined ? [view.team] : [view.team, project];
    const under = await view.set(type, project);
    const mine = new Map<string, Stored<F, B> | undefined>();
    for (const change of changes) {
      if (!isSeen(change) || change.kind !== type.kind || !isIn(scope, change.key)) continue;
      mine.set(idOf(change.key), change.op === 'put' ? plannedFrom(type, change, seq) : undefined);
    }
    return mine.size === 0 ? under : under.with(type, seq, mine);
  }

  function set<F extends Fields, B>(type: DocumentType<F, B>, project?: string): Promise<DocumentSet<F, B>> {
    const name = `${type.kind}\0${project ?? ''}`;
    const known = sets.get(name) ?? (laidOver(type, project) as Promise<DocumentSet<Fields, unknown>>);
    sets.set(name, known);
    return known as Promise<DocumentSet<F, B>>;
  }

  const viewBy = (work: Work): View => ({
    team: view.team,
    seq,
    work,
    by: viewBy,
    set,
    ready: () => null,
    // All that is not committed yet comes in one commit, so there is one overlay of it.
    with: (plan) => overlaid(view.by(work), joined(changes, plan.changes)),
  });
  return viewBy(view.work);
}

type Seen = Extract<Change, { readonly op: 'put' | 'remove' }>;

/** Whether it is anything to see in a set: checks and forgotten history are not. */
const isSeen = (change: Change): change is Seen => change.op === 'put' || change.op === 'remove';

const isIn = (scope: Key, key: Key): boolean =>
  key.length === scope.length + 1 && scope.every((part, i) => part === key[i]);

function plannedFrom<F extends Fields, B>(
  type: DocumentType<F, B>,
  { kind, key, expected, fields, body, deleted }: Extract<Change, { readonly op: 'put' }>,
  seq: Seq,
): Stored<F, B> {
  const sealed = { tag: UNSEALED, since: 1, leaf: UNSEALED };
  const doc: Doc = { kind, key, revision: (expected ?? 0) + 1, seq, deleted, fields, body, ...sealed };
  return storedFrom(type, doc, () => body);
}
