import { type AppError, conflict, integrity } from '../kernel/errors.ts';
import { type Growth, nextCommit, nextHeads, numberedTag, sameBytes, type TagChange, verifyHead } from './chain.ts';
import { keptBytes, type Quotas, requireQuotas } from './kept.ts';
import { keyText, scopeOf } from './keys.ts';
import type { Commit, Doc, Head, Key, Kind, Mac, NewCommit, Seq, Touched, Write } from './port.ts';
import { relieves } from './relief.ts';

/** What a commit is decided upon: the present documents it names and the heads of their scopes. */
export interface Known {
  readonly doc: (kind: Kind, key: Key) => Doc | null;
  readonly head: (scope: Key) => Head | null;
  /** What the replaced revisions of a document count that are below this one (null: all). Asked for what erases them. */
  readonly past: (kind: Kind, key: Key, below: number | null) => number;
  /** Whether the team's log has this number: asked for what comes next, which must be free. */
  readonly hasCommit: (seq: Seq) => boolean;
}

/** One thing to be written. `replaced` goes into history. */
export type Step =
  | { readonly op: 'put'; readonly doc: Doc; readonly replaced: Doc | null }
  | { readonly op: 'remove'; readonly kind: Kind; readonly key: Key; readonly revision: number }
  | { readonly op: 'purge'; readonly kind: Kind; readonly key: Key; readonly before: number };

export interface Plan {
  readonly commit: Commit;
  readonly heads: readonly Head[];
  readonly steps: readonly Step[];
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

/** What a commit writes: CONFLICT when a guard fails, INTEGRITY when a head it extends is not ours, LIMIT_EXCEEDED when it is too much to keep. Pure. */
export function planCommit(mac: Mac, request: NewCommit, known: Known, quotas: Quotas): Plan {
  const teamHead = known.head([request.team]);
  for (const scope of scopesOf(request)) {
    const head = known.head(scope);
    if (head) verifyHead(mac, head);
    // Both were read at once: the team was put back to before a commit that its project knows of.
    if (head && head.seq > (teamHead?.seq ?? 0))
      throw integrity(`head of ${request.team} is older than that of ${scope.join('/')}`);
  }
  // A head that was erased or rolled back would number its commits a second time.
  if (known.hasCommit((teamHead?.seq ?? 0) + 1)) throw integrity(`head of ${request.team} is behind its log`);
  const found = request.writes.map((write) => ({ write, doc: known.doc(write.kind, write.key) }));
  for (const { write, doc } of found) guard(write, doc);
  const commit = nextCommit(
    mac,
    teamHead,
    request,
    found.flatMap(({ write }) => touchedBy(write)),
  );
  const planned = found.map(({ write, doc }) => ({ steps: stepsOf(mac, write, doc, commit.seq), doc }));
  const steps = planned.flatMap((each) => each.steps);
  const changes = planned.flatMap((each) => each.steps.flatMap((step) => changeBy(step, each.doc)));
  const growth = steps.map((step) => growthBy(step, known));
  const heads = nextHeads(mac, commit, known.head, changes, growth);
  if (!relieves(request)) requireQuotas(quotas, known.head, heads);
  return { commit, heads, steps };
}

function guard(write: Write, doc: Doc | null): void {
  if (write.op === 'purge') return;
  const actual = doc?.revision ?? null;
  if (actual !== write.expected) throw moved(write.kind, write.key, actual);
  // Its sum is about to lose the stored tag: an edited one would let the next honest write sign for a forgery.
  const isForged = doc && write.op === 'put' && write.replaces && !sameBytes(doc.tag, write.replaces);
  if (isForged) throw integrity(`${write.kind} ${write.key.join('/')}`);
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

function changeBy(step: Step, before: Doc | null): readonly TagChange[] {
  if (step.op === 'purge') return [];
  const { kind, key } = step.op === 'put' ? step.doc : step;
  return [{ kind, key, before: before?.tag ?? null, after: step.op === 'put' ? step.doc.tag : null }];
}

/** The revision that a put replaces goes into history: it is kept as before. */
function growthBy(step: Step, { doc, past }: Known): Growth {
  if (step.op === 'put') return { key: step.doc.key, bytes: keptBytes(step.doc) };
  const { kind, key } = step;
  if (step.op === 'purge') return { key, bytes: -past(kind, key, step.before) };
  const present = doc(kind, key);
  return { key, bytes: -past(kind, key, null) - (present ? keptBytes(present) : 0) };
}

function stepsOf(mac: Mac, write: Write, doc: Doc | null, seq: Seq): readonly Step[] {
  const { kind, key } = write;
  if (write.op === 'check') return [];
  if (write.op === 'purge') return [{ op: 'purge', kind, key, before: write.before }];
  if (write.op === 'remove') return [{ op: 'remove', kind, key, revision: write.expected }];
  const { deleted, fields, body } = write;
  const tag = numberedTag(mac, write.tag, seq);
  const next: Doc = { kind, key, revision: (write.expected ?? 0) + 1, seq, deleted, fields, body, tag };
  return [{ op: 'put', doc: next, replaced: doc }];
}
