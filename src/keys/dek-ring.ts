import type { DataKey } from '../crypto/envelope.ts';
import type { Random } from '../crypto/random.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, integrity } from '../kernel/errors.ts';
import type { Doc, Write } from '../store/port.ts';
import { checkedFields, type KeyDocuments, putOf, type Tagging, wholeSet } from './documents.ts';
import type { KekRing } from './kek-ring.ts';
import { type DekFields, dekFields, dekKey, ringKey } from './model.ts';
import { randomKey, unwrap, wrap } from './wrapping.ts';

export type Scope = readonly [team: string, project: string | null];

/** The data keys of one team or project. */
export interface Ring {
  /** null: there is none, or all are destroyed. */
  readonly primary: DataKey | null;
  /** Of the document of the primary. */
  readonly revision: number;
  /** Of the present life, or of the last one; empty: there has been none. */
  readonly incarnation: string;
  /** By hex id; null: destroyed. */
  readonly byId: ReadonlyMap<string, DataKey | null>;
}

export interface DekRingDeps {
  readonly documents: KeyDocuments;
  readonly tagging: Tagging;
  readonly keks: KekRing;
  readonly clock: Clock;
  readonly random: Random;
}

interface Dek {
  readonly doc: Doc;
  readonly fields: DekFields;
}

export const shredded = () => new AppError('NOT_FOUND', 'This data is shredded: its key was destroyed');
export const noKey = (scope: Scope) => integrity(`no data key of ${ringKey(...scope).join('/')}`);

async function deksOf({ documents, tagging }: DekRingDeps, scope: Scope): Promise<readonly Dek[]> {
  const docs = await wholeSet(documents, tagging, 'dek', ringKey(...scope));
  return docs.map((doc) => ({ doc, fields: checkedFields(tagging, dekFields, doc) }));
}

export async function readRing(deps: DekRingDeps, scope: Scope): Promise<Ring> {
  let primary: DataKey | null = null;
  let revision = 0;
  let version = 0;
  let incarnation = '';
  const byId = new Map<string, DataKey | null>();
  for (const { doc, fields } of await deksOf(deps, scope)) {
    const id = doc.key[2] ?? '';
    const isGone = fields.state === 'destroyed';
    const key = isGone ? null : { id: Buffer.from(id, 'hex'), bytes: await unwrapped(deps, doc, fields) };
    byId.set(id, key);
    if (!isGone || incarnation === '') incarnation = fields.incarnation;
    if (fields.state !== 'primary' || fields.version <= version) continue;
    primary = key;
    revision = doc.revision;
    version = fields.version;
  }
  return { primary, revision, incarnation, byId };
}

async function unwrapped({ keks, tagging }: DekRingDeps, doc: Doc, { incarnation }: DekFields): Promise<Uint8Array> {
  const place = { instance: tagging.instance, kind: 'dek', key: doc.key, incarnation } as const;
  return unwrap(await keks.findFor(doc.body), doc.body, place);
}

/** Stores a new primary. */
export function dekWrite(
  deps: DekRingDeps,
  scope: Scope,
  dek: DataKey,
  { version, incarnation }: Pick<DekFields, 'version' | 'incarnation'>,
): Write {
  const key = dekKey(...scope, dek.id);
  const fields: DekFields = { version, state: 'primary', incarnation, createdAt: deps.clock().toISOString() };
  const body = wrap(deps.keks.primary(), dek.bytes, { instance: deps.tagging.instance, kind: 'dek', key, incarnation });
  return putOf(deps.tagging, { kind: 'dek', key, expected: null, fields, body });
}

/** Retires what is primary and stores a new one. */
export async function rotation(deps: DekRingDeps, scope: Scope): Promise<readonly Write[]> {
  const deks = await deksOf(deps, scope);
  const former = deks.filter(({ fields }) => fields.state === 'primary');
  const [first] = former;
  if (!first) throw deks.length > 0 ? shredded() : noKey(scope);
  const { incarnation } = first.fields;
  const version = 1 + Math.max(...deks.map(({ fields }) => fields.version));
  return [
    ...former.map(({ doc: { kind, key, revision, body }, fields }) =>
      putOf(deps.tagging, { kind, key, expected: revision, fields: { ...fields, state: 'retired' }, body }),
    ),
    dekWrite(deps, scope, randomKey(deps.random), { version, incarnation }),
  ];
}

export async function destroyAll(deps: DekRingDeps, scope: Scope, actor: string): Promise<void> {
  const [team] = scope;
  const writes: Write[] = [];
  const purges: Write[] = [];
  for (const { doc, fields } of await deksOf(deps, scope)) {
    const { kind, key, revision } = doc;
    const done = fields.state === 'destroyed';
    purges.push({ op: 'purge', kind, key, before: done ? revision : revision + 1 });
    if (done) continue;
    const destroyed: DekFields = { ...fields, state: 'destroyed' };
    writes.push(putOf(deps.tagging, { kind, key, expected: revision, fields: destroyed, body: new Uint8Array() }));
  }
  if (writes.length > 0) await deps.documents.commit(team, actor, 'keys.shred', writes);
  // Old revisions still hold the wrapped keys. Run again when a crash comes between.
  if (purges.length > 0) await deps.documents.commit(team, actor, 'keys.shred.purge', purges);
}
