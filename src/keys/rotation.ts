import { envelopeKeyId } from '../crypto/envelope.ts';
import type { Random } from '../crypto/random.ts';
import type { Clock } from '../kernel/clock.ts';
import { integrity, isAppError } from '../kernel/errors.ts';
import type { Doc, Write } from '../store/port.ts';
import { checkedFields, type KeyDocuments, putOf, type Tagging } from './documents.ts';
import type { Kek, KekRing } from './kek-ring.ts';
import {
  dekFields,
  hexOf,
  INSTANCE_KEY,
  INSTANCE_TEAM,
  type InstanceFields,
  instanceFields,
  type KekFields,
  kekKey,
} from './model.ts';
import { type Root, randomKey, unwrap, wrap } from './wrapping.ts';

export interface RotationDeps {
  readonly documents: KeyDocuments;
  readonly tagging: Tagging;
  readonly keks: KekRing;
  readonly root: () => Root;
  readonly clock: Clock;
  readonly random: Random;
}

const BATCH = 100;

/** In steps that leave everything readable: promote a new KEK, rewrap, forget old wraps, retire the former KEK. */
export async function rotateKek(deps: RotationDeps, actor: string): Promise<void> {
  const { documents, keks, tagging } = deps;
  await keks.reload();
  if (active(keks).length === 0) {
    await documents.commit(INSTANCE_TEAM, actor, 'keys.rotateKek', await promotion(deps));
    await keks.reload();
  }
  // Again until nothing was left: a process that had not heard of the new KEK may have wrapped with the old one.
  while (await rewrapAll(deps, actor)) await keks.reload();
  await purgeAll(deps, actor);
  const writes = active(keks).map((kek) => kekWrite(tagging, kek, { state: 'retired' }));
  if (writes.length === 0) return;
  writes.push(purgeOf((await instanceDocument(deps)).doc));
  await documents.commit(INSTANCE_TEAM, actor, 'keys.rotateKek.retire', writes);
  await keks.reload();
}

const active = (keks: KekRing) => keks.all().filter(({ fields }) => fields.state === 'active');

/** Wraps all KEKs with `next` and makes it the root key that the store expects, in one commit. */
export async function rotateRoot(deps: RotationDeps, next: Root, actor: string): Promise<void> {
  const { documents, keks, tagging } = deps;
  await keks.reload();
  const { doc, fields } = await instanceDocument(deps);
  const writes = [instanceWrite(tagging, doc, { ...fields, check: next.checkOf(fields.id) }, doc.body)];
  for (const kek of keks.all()) {
    if (kek.key === null) continue;
    const place = { instance: tagging.instance, kind: 'kek', key: kek.doc.key } as const;
    writes.push(kekWrite(tagging, kek, { body: wrap(next.key, kek.key.bytes, place) }));
  }
  await documents.commit(INSTANCE_TEAM, actor, 'keys.rotateRoot', writes);
}

/** Erases the wraps of former root keys from the history. */
export async function purgeKeks({ documents, keks }: RotationDeps, actor: string): Promise<void> {
  const purges = keks.all().map(({ doc }) => purgeOf(doc));
  await documents.commit(INSTANCE_TEAM, actor, 'keys.rotateRoot.purge', purges);
}

async function promotion(deps: RotationDeps): Promise<readonly Write[]> {
  const { tagging, keks, root, clock, random } = deps;
  const { doc, fields } = await instanceDocument(deps);
  const place = { instance: tagging.instance, kind: 'instance', key: INSTANCE_KEY } as const;
  const secret = unwrap(await keks.findFor(doc.body), doc.body, place);
  const next = randomKey(random);
  const key = kekKey(next.id);
  const nextFields: KekFields = { state: 'primary', createdAt: clock().toISOString() };
  const body = wrap(root().key, next.bytes, { instance: tagging.instance, kind: 'kek', key });
  const former = keks.all().filter((kek) => kek.fields.state === 'primary');
  return [
    putOf(tagging, { kind: 'kek', key, expected: null, fields: nextFields, body }),
    ...former.map((kek) => kekWrite(tagging, kek, { state: 'active' })),
    instanceWrite(tagging, doc, fields, wrap(next, secret, place)),
  ];
}

/** Another name for the life of the store that begins when a backup of it is restored. */
export async function reincarnate(deps: RotationDeps, actor: string): Promise<void> {
  const { doc, fields } = await instanceDocument(deps);
  const incarnation = hexOf(deps.random(16));
  const write = instanceWrite(deps.tagging, doc, { ...fields, incarnation }, doc.body);
  await deps.documents.commit(INSTANCE_TEAM, actor, 'instance.restore', [write]);
}

async function instanceDocument({ documents, tagging }: RotationDeps) {
  const doc = await documents.get('instance', INSTANCE_KEY);
  if (!doc) throw integrity('the document of the installation is missing');
  return { doc, fields: checkedFields(tagging, instanceFields, doc) };
}

function instanceWrite(tagging: Tagging, { revision }: Doc, fields: InstanceFields, body: Uint8Array): Write {
  return putOf(tagging, { kind: 'instance', key: INSTANCE_KEY, expected: revision, fields, body });
}

interface KekChange {
  readonly state?: KekFields['state'];
  readonly body?: Uint8Array;
}

function kekWrite(tagging: Tagging, { doc, fields }: Kek, { state = fields.state, body = doc.body }: KekChange): Write {
  return putOf(tagging, { kind: 'kek', key: doc.key, expected: doc.revision, fields: { ...fields, state }, body });
}

/** Whether any data key still had to be wrapped anew. */
async function rewrapAll(deps: RotationDeps, actor: string): Promise<boolean> {
  const primary = hexOf(deps.keks.primary().id);
  const wanted = (doc: Doc): boolean => {
    if (checkedFields(deps.tagging, dekFields, doc).state === 'destroyed') return false;
    return hexOf(envelopeKeyId(doc.body)) !== primary;
  };
  let found = false;
  for await (const batch of batches(deps.documents, wanted)) {
    found = true;
    await rewrap(deps, batch, actor);
  }
  return found;
}

/** A data key that changed meanwhile is left to the next round, and its batch with it. */
async function rewrap({ documents, tagging, keks }: RotationDeps, batch: Batch, actor: string): Promise<void> {
  const writes: Write[] = [];
  for (const doc of batch.docs) {
    const { kind, key, revision, body } = doc;
    const fields = checkedFields(tagging, dekFields, doc);
    const place = { instance: tagging.instance, kind: 'dek', key, incarnation: fields.incarnation } as const;
    const bytes = unwrap(await keks.findFor(body), body, place);
    writes.push(putOf(tagging, { kind, key, expected: revision, fields, body: wrap(keks.primary(), bytes, place) }));
  }
  try {
    await documents.commit(batch.team, actor, 'keys.rewrap', writes);
  } catch (error) {
    if (!isAppError(error) || error.code !== 'CONFLICT') throw error;
  }
}

/** Erases the wraps of former KEKs from the history. */
async function purgeAll({ documents }: RotationDeps, actor: string): Promise<void> {
  for await (const { team, docs } of batches(documents, ({ revision }) => revision > 1)) {
    await documents.commit(team, actor, 'keys.rewrap.purge', docs.map(purgeOf));
  }
}

const purgeOf = ({ kind, key, revision }: Doc): Write => ({ op: 'purge', kind, key, before: revision });

interface Batch {
  readonly team: string;
  readonly docs: readonly Doc[];
}

/** Data keys by team, as a commit is of one team. */
async function* batches(documents: KeyDocuments, wanted: (doc: Doc) => boolean): AsyncIterable<Batch> {
  let team = '';
  let docs: Doc[] = [];
  for await (const doc of documents.list('dek', [])) {
    if (!wanted(doc)) continue;
    if (docs.length === BATCH || doc.key[0] !== team) {
      if (docs.length > 0) yield { team, docs };
      team = doc.key[0] ?? '';
      docs = [];
    }
    docs.push(doc);
  }
  if (docs.length > 0) yield { team, docs };
}
