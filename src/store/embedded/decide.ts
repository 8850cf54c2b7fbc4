import type { Quotas } from '../kept.ts';
import { keyText } from '../keys.ts';
import { type Known, type Plan, planCommit } from '../plan.ts';
import type { Commit, Key, Kind, Mac, NewCommit, Step } from '../port.ts';
import type { Batch, EngineReader } from './engine.ts';
import { once } from './once.ts';
import * as at from './places.ts';
import { readCommit, readNumber } from './reads.ts';
import type { Recall } from './recall.ts';
import * as record from './records.ts';

type Put = Batch[number];

/** More than there can be of one document's revisions. */
const ALL = 1_000_000_000;

/** What the replaced revisions below `below` count. */
function pastBytes(view: EngineReader, kind: Kind, key: Key, below: number | null): number {
  const { start, end } = at.revisionRange(kind, key, below);
  return view.range(start, end, ALL).reduce((sum, { key: place, value }) => sum + record.keptBytesAt(place, value), 0);
}

/** Erases the replaced revisions below `below`. */
function erased(view: EngineReader, kind: Kind, key: Key, below: number | null): readonly Put[] {
  const { start, end } = at.revisionRange(kind, key, below);
  return view.range(start, end, ALL).map(({ key: place }): Put => [place, null]);
}

type Noted = (place: Uint8Array, value: Uint8Array, decoded: object) => Put;

function putsOf(view: EngineReader, noted: Noted, step: Step): readonly Put[] {
  if (step.op === 'remove') return [...erased(view, step.kind, step.key, null), [at.docAt(step.kind, step.key), null]];
  const { doc } = step;
  const place = at.docAt(doc.kind, doc.key);
  const now = noted(place, record.encodeDoc(place, doc), doc);
  if (step.op === 'purge') return [...erased(view, doc.kind, doc.key, doc.since), now];
  const { replaced } = step;
  if (!replaced) return [now];
  const then = at.revisionAt(doc.kind, doc.key, replaced.revision);
  return [now, [then, record.encodeDoc(then, replaced)]];
}

function batchOf(view: EngineReader, recall: Recall, { commit, heads, nodes, states, steps }: Plan): Batch {
  /** Read again by the next commit, if not before: what they say is known. */
  const noted: Noted = (place, value, decoded) => {
    recall.note(place, value, decoded);
    return [place, value];
  };
  const logAt = at.commitAt(commit.team, commit.seq);
  const idAt = at.commitIdAt(commit.team, commit.id);
  return [
    ...steps.flatMap((step) => putsOf(view, noted, step)),
    ...heads.map((head): Put => {
      const place = at.headAt(head.scope);
      return noted(place, record.encodeHead(place, head), head);
    }),
    ...nodes.map(({ scope, path, bytes }): Put => {
      const place = at.nodeAt(scope, path);
      return noted(place, record.encodeBytes(place, bytes), bytes);
    }),
    ...states.map(({ scope, kind, state }): Put => {
      const place = at.stateAt(scope, kind);
      return noted(place, record.encodeBytes(place, state), state);
    }),
    [logAt, record.encodeCommit(logAt, commit)],
    [idAt, record.encodeNumber(idAt, commit.seq)],
  ];
}

export interface Deciding {
  readonly mac: Mac;
  readonly quotas: Quotas;
  readonly recall: Recall;
}

interface Decided {
  readonly result: Commit;
  readonly batch: Batch;
  /** null: it was committed before. */
  readonly plan: Plan | null;
}

/** Reads, decides, and says what is to be written; the whole of a commit but for the disk. */
export function decideCommit(view: EngineReader, { mac, quotas, recall }: Deciding, request: NewCommit): Decided {
  const known = readNumber(view, at.commitIdAt(request.team, request.id));
  const earlier = known === null ? null : readCommit(view, request.team, known);
  if (earlier) return { result: earlier, batch: [], plan: null };
  const stored: Known = {
    doc: (kind, key) => recall.read(view, at.docAt(kind, key), record.decodeDoc),
    head: once(keyText, (scope: Key) => recall.read(view, at.headAt(scope), record.decodeHead)),
    past: (kind, key, below) => pastBytes(view, kind, key, below),
    node: once(
      (scope: Key, path: string) => keyText([...scope, path]),
      (scope, path) => recall.read(view, at.nodeAt(scope, path), record.decodeBytes),
    ),
    state: (scope, kind) => recall.read(view, at.stateAt(scope, kind), record.decodeBytes),
    hasCommit: (seq) => view.get(at.commitAt(request.team, seq)) !== null,
    rootLags: false,
  };
  const plan = planCommit(mac, request, stored, quotas);
  return { result: plan.commit, batch: batchOf(view, recall, plan), plan };
}
