import { numberedTag, sameBytes } from '../store/chain.ts';
import type { Doc, Mac, Made, StateWritten, Step, Write } from '../store/port.ts';
import { idOf } from './document.ts';
import { type Entry, moved } from './document-set.ts';
import { bytesHeld, isSameSet, isWhole, type Loaded, loaded } from './loaded.ts';
import { storedFrom } from './seal.ts';
import { isPlacedIn } from './set-reading.ts';

/** What was sealed for a commit, by the sealed body: the write with its tag, and the bytes that were sealed. */
export type SealedBodies = ReadonlyMap<Uint8Array, { readonly write: Write; readonly plain: Uint8Array }>;

/** A commit that was just made, with what its writer knows of it. */
export interface Handed {
  readonly mac: Mac;
  readonly made: Made;
  readonly sealed: SealedBodies;
}

/**
 * A set as a commit left it, from the set that the commit found and the objects that it wrote: nothing is read back, opened or
 * verified once more. An entry comes in when its tag, which the vault computed, is the one that was numbered and written, and the whole when
 * it adds up to the head. null: this cannot be told here; the set is then followed in the log.
 */
export function handedOn({ mac, made, sealed }: Handed, { scope, kind, state, before }: StateWritten, old: Loaded) {
  if (before === null || !isSameSet(old.head, before)) return null;
  const headOf = made.heads.find(
    (head) => head.scope.length === scope.length && head.scope.every((p, i) => p === scope[i]),
  );
  const head = headOf?.sets.get(kind);
  if (!head) return null;
  const changes = new Map<string, Entry | undefined>();
  for (const step of made.steps) {
    const place = step.op === 'remove' ? step : step.doc;
    if (!isPlacedIn(place, kind, scope)) continue;
    const id = idOf(place.key);
    const entry = entryAfter(mac, step, sealed, old, old.held.entries.get(id));
    if (entry === null) return null;
    changes.set(id, entry);
  }
  const held = moved(old.type, old.held, changes);
  return isWhole(head, held, state) ? loaded({ type: old.type, head, state, held }) : null;
}

/** undefined: it is there no more. null: nobody here knows what was written. */
function entryAfter(
  mac: Mac,
  step: Step,
  sealed: SealedBodies,
  { type }: Loaded,
  before: Entry | undefined,
): Entry | undefined | null {
  if (step.op === 'remove') return undefined;
  const { doc } = step;
  if (step.op === 'purge') return before ? cutEntry(before, doc) : null;
  const own = sealed.get(doc.body);
  if (own?.write.op !== 'put' || !isOf(own.write, doc)) return null;
  if (!sameBytes(numberedTag(mac, own.write.tag, doc.seq), doc.tag)) return null;
  return { stored: storedFrom(type, doc, () => own.plain), leaf: doc.leaf, bytes: bytesHeld(doc) };
}

/** Whether a document is what a write says: its tag was computed over this very content. */
const isOf = (write: Extract<Write, { readonly op: 'put' }>, doc: Doc): boolean =>
  doc.kind === write.kind &&
  doc.key === write.key &&
  doc.fields === write.fields &&
  doc.deleted === write.deleted &&
  doc.revision === (write.expected ?? 0) + 1;

/** The revision that there was, with less history before it. */
function cutEntry({ stored, bytes }: Entry, { tag, since, leaf }: Doc): Entry | null {
  return sameBytes(stored.tag, tag) ? { stored: { ...stored, since }, leaf, bytes } : null;
}
