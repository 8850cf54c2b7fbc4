import { type DataKey, envelopeKeyId, type KeyFor } from '../crypto/envelope.ts';
import type { Random } from '../crypto/random.ts';
import type { Clock } from '../kernel/clock.ts';
import { integrity, unavailable } from '../kernel/errors.ts';
import { FORMAT, otherFormat } from '../store/format.ts';
import type { Doc } from '../store/port.ts';
import { type KeyDocuments, parsedFields, putOf, type Tagging } from './documents.ts';
import { unwrapKek } from './kek-ring.ts';
import {
  formatField,
  hexOf,
  INSTANCE_KEY,
  INSTANCE_TEAM,
  type InstanceFields,
  instanceFields,
  type KekFields,
  kekKey,
} from './model.ts';
import { type Root, randomKey, unwrap, wrap } from './wrapping.ts';

/** The installation's id, and the secret that all MAC keys are derived from. */
export interface Instance {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** Refuses a root key that is not this store's, before anything is opened with it. */
export async function readInstance(documents: KeyDocuments, root: Root, doc: Doc): Promise<Instance> {
  requireFormat(parsedFields(formatField, doc).format);
  const { id, check } = parsedFields(instanceFields, doc);
  const keks: Doc[] = [];
  for await (const kek of documents.list('kek', [INSTANCE_TEAM])) keks.push(kek);
  if (check !== root.checkOf(id))
    throw keks.some((kek) => isUnder(root, kek)) ? integrity('the root key check') : wrongKey();
  const place = { instance: id, kind: 'instance', key: INSTANCE_KEY } as const;
  return { id, secret: unwrap(finderAmong(keks, root, id), doc.body, place) };
}

/** It is not known to be genuine yet; what it is once the document's tag was checked is the number that was asked for. */
function requireFormat(format: number): void {
  if (format === FORMAT) return;
  throw unavailable(`The store has format ${format}, ${otherFormat}`);
}

const wrongKey = () => unavailable('Wrong root key: the data in this store was sealed under another one');

function isUnder(root: Root, kek: Doc): boolean {
  try {
    return hexOf(envelopeKeyId(kek.body)) === hexOf(root.key.id);
  } catch {
    return false;
  }
}

function finderAmong(keks: readonly Doc[], root: Root, instance: string): KeyFor {
  return (id) => {
    const doc = keks.find(({ key }) => key[1] === hexOf(id));
    return doc ? unwrapKek(root, instance, doc) : null;
  };
}

export interface Founding {
  readonly documents: KeyDocuments;
  readonly root: Root;
  readonly clock: Clock;
  readonly random: Random;
  /** Called before the first commit, so that the store can chain it. */
  readonly taggingOf: (instance: Instance) => Tagging;
}

/** Makes the first keys of an empty store. When another process does so at the same time, one of them wins. */
export async function foundInstance({ documents, root, clock, random, taggingOf }: Founding): Promise<void> {
  const instance: Instance = { id: hexOf(random(16)), secret: random(32) };
  const kek: DataKey = randomKey(random);
  const createdAt = clock().toISOString();
  const tagging = taggingOf(instance);
  const { id } = instance;
  const incarnation = hexOf(random(16));
  const fields: InstanceFields = { format: FORMAT, id, incarnation, check: root.checkOf(id), createdAt };
  const kekAs: KekFields = { state: 'primary', createdAt };
  const place = { instance: instance.id, kind: 'instance', key: INSTANCE_KEY } as const;
  const kekPlace = { instance: instance.id, kind: 'kek', key: kekKey(kek.id) } as const;
  const writes = [
    putOf(tagging, { ...documentOf(place), fields, body: wrap(kek, instance.secret, place) }),
    putOf(tagging, { ...documentOf(kekPlace), fields: kekAs, body: wrap(root.key, kek.bytes, kekPlace) }),
  ];
  try {
    await documents.commit(INSTANCE_TEAM, 'system', 'instance.create', writes);
  } catch (error) {
    if ((await documents.get('instance', INSTANCE_KEY)) === null) throw error;
  }
}

const documentOf = <K extends 'instance' | 'kek'>({
  kind,
  key,
}: {
  readonly kind: K;
  readonly key: readonly string[];
}) => ({
  kind,
  key,
  expected: null,
});
