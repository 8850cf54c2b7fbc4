import { type AppError, conflict, integrity } from '../kernel/errors.ts';
import { keyOf, leafOf, nextCommit, numberedTag, sameBytes } from './chain.ts';
import { keptBytes, type Quotas, requireQuotas } from './kept.ts';
import { keyText, scopeOf } from './keys.ts';
import { type Growth, type LeafChange, type NodeWritten, nextHeads, requireVouched } from './next-heads.ts';
import type { Cut, Doc, Head, Key, Kind, Mac, Made, NewCommit, Seq, Step, Touched, Write } from './port.ts';
import { relieves } from './relief.ts';
import type { SetState } from './set-hash.ts';

/** What a commit is decided upon: the present documents it names, the heads of their scopes and what lies beside those. */
export interface Known {
  readonly doc: (kind: Kind, key: Key) => Doc | null;
  readonly head: (scope: Key) => Head | null;
  /** What the replaced revisions of a document count that are below this one (null: all). Asked for what erases them. */
  readonly past: (kind: Kind, key: Key, below: number | null) => number;
  /** A node of the tree of heads below this one. */
  readonly node: (scope: Key, path: string) => Uint8Array | null;
  readonly state: (scope: Key, kind: Kind) => SetState | null;
  /** Whether the team's log has this number: asked for what comes next, which must be free. */
  readonly hasCommit: (seq: Seq) => boolean;
  /** Whether the root is written behind, but for a team's first commit: then it may be older than a team. */
  readonly rootLags: boolean;
}

export interface Plan extends Made {
  readonly nodes: readonly NodeWritten[];
}

/** Every scope whose head a commit may extend. */
export function scopesOf({ team, writes }: NewCommit): readonly Key[] {
  const scopes = new Map<string, Key>([[keyText([team]), [team]]]);
  for (const { key } of writes) {
    const scope = scopeOf(team, key);
    scopes.set(keyText(scope), scope);
  }
  return [...scopes.values()];
}

/**
 * What a commit writes: CONFLICT when a guard fails, INTEGRITY when what it extends is not ours, or not the last, LIMIT_EXCEEDED when it
 * is too much to keep. Pure.
 */
export function planCommit(mac: Mac, request: NewCommit, known: Known, quotas: Quotas): Plan {
  const teamHead = known.head([request.team]);
  requireVouched(mac, known, scopesOf(request));
  // A head that was erased or rolled back would number its commits a second time.
  if (known.hasCommit((teamHead?.seq ?? 0) + 1)) throw integrity(`head of ${request.team} is behind its log`);
  const found = request.writes.map((write) => ({ write, doc: known.doc(write.kind, write.key) }));
  for (const { write, doc } of found) guard(mac, write, doc);
  const written = {
    touched: found.flatMap(({ write }) => touchedBy(write)),
    cut: found.flatMap(({ write, doc }) => cutBy(write, doc)),
  };
  const commit = nextCommit(mac, teamHead, request, written);
  const planned = found.map(({ write, doc }) => ({ steps: stepsOf(mac, write, doc, commit.seq), doc }));
  const steps = planned.flatMap((each) => each.steps);
  const changes = planned.flatMap((each) => each.steps.map((step) => changeBy(step, each.doc)));
  const growth = steps.map((step) => growthBy(step, known));
  const next = nextHeads(mac, commit, known, changes, growth);
  if (!relieves(request)) requireQuotas(quotas, known.head, next.heads);
  return { commit, steps, ...next };
}

/** Documents whose leaf was made or verified in this process, and under which key: these very objects, which never change. */
const ours = new WeakMap<Doc, Mac>();

function hasOwnLeaf(mac: Mac, doc: Doc): boolean {
  if (ours.get(doc) === keyOf(mac)) return true;
  if (!sameBytes(doc.leaf, leafOf(mac, doc))) return false;
  ours.set(doc, keyOf(mac));
  return true;
}

function guard(mac: Mac, write: Write, doc: Doc | null): void {
  // Its sum is about to lose what is stored: an edited leaf would let the next honest write sign for a forgery.
  const isForged = doc && write.op !== 'check' && !hasOwnLeaf(mac, doc);
  if (isForged) throw integrity(`${write.kind} ${write.key.join('/')}`);
  if (write.op === 'purge') return;
  const actual = doc?.revision ?? null;
  if (actual !== write.expected) throw moved(write.kind, write.key, actual);
  const isAnother = doc && write.op === 'put' && write.replaces && !sameBytes(doc.tag, write.replaces);
  if (isAnother) throw integrity(`${write.kind} ${write.key.join('/')}`);
}

/** A document is not at the revision that a write expected. */
function moved(kind: Kind, key: Key, revision: number | null): AppError {
  const existing = { kind, key };
  const name = `${kind} ${key.join('/')}`;
  if (revision === null) return conflict('NOT_THERE', `${name} does not exist`, { existing });
  return conflict('REVISION_MOVED', `${name} exists at revision ${revision}`, { existing, currentRevision: revision });
}

function touchedBy(write: Write): readonly Touched[] {
  const { kind, key } = write;
  if (write.op === 'put') return [{ kind, key, revision: (write.expected ?? 0) + 1 }];
  return write.op === 'remove' ? [{ kind, key, revision: 0 }] : [];
}

/** History that is gone already is not cut again. */
function cutBy(write: Write, doc: Doc | null): readonly Cut[] {
  if (write.op !== 'purge' || doc === null) return [];
  const since = Math.min(write.before, doc.revision);
  return since > doc.since ? [{ kind: write.kind, key: write.key, since }] : [];
}

function changeBy(step: Step, before: Doc | null): LeafChange {
  const { kind, key } = step.op === 'remove' ? step : step.doc;
  const after = step.op === 'remove' ? null : step.doc.leaf;
  return { kind, key, before: before?.leaf ?? null, after, isCut: step.op === 'purge' };
}

/** The revision that a put replaces goes into history: it is kept as before. */
function growthBy(step: Step, { doc, past }: Known): Growth {
  if (step.op === 'put') return { key: step.doc.key, bytes: keptBytes(step.doc) };
  if (step.op === 'purge') {
    const { kind, key, since } = step.doc;
    return { key, bytes: -past(kind, key, since) };
  }
  const { kind, key } = step;
  const present = doc(kind, key);
  return { key, bytes: -past(kind, key, null) - (present ? keptBytes(present) : 0) };
}

function stepsOf(mac: Mac, write: Write, doc: Doc | null, seq: Seq): readonly Step[] {
  const { kind, key } = write;
  if (write.op === 'check') return [];
  if (write.op === 'purge') {
    return cutBy(write, doc).flatMap(({ since }) =>
      doc ? [{ op: 'purge', doc: leafed(mac, { ...doc, since }) }] : [],
    );
  }
  if (write.op === 'remove') return [{ op: 'remove', kind, key, revision: write.expected }];
  const { deleted, fields, body } = write;
  const tag = numberedTag(mac, write.tag, seq);
  const next = {
    kind,
    key,
    revision: (write.expected ?? 0) + 1,
    seq,
    deleted,
    fields,
    body,
    tag,
    since: doc?.since ?? 1,
  };
  return [{ op: 'put', doc: leafed(mac, next), replaced: doc }];
}

function leafed(mac: Mac, doc: Omit<Doc, 'leaf'>): Doc {
  const made = { ...doc, leaf: leafOf(mac, doc) };
  ours.set(made, keyOf(mac));
  return made;
}
