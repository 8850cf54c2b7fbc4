import type { DataKey, KeyFor } from '../crypto/envelope.ts';
import { envelopeKeyId } from '../crypto/envelope.ts';
import { integrity } from '../kernel/errors.ts';
import type { Doc } from '../store/port.ts';
import { checkedFields, type KeyDocuments, type Tagging, wholeSet } from './documents.ts';
import { hexOf, INSTANCE_TEAM, type KekFields, kekFields } from './model.ts';
import { type Root, unwrap } from './wrapping.ts';

export interface Kek {
  readonly doc: Doc;
  readonly fields: KekFields;
  /** null: destroyed. */
  readonly key: DataKey | null;
}

/** The key-encryption keys as they are in memory; other processes may have changed them since. */
export interface KekRing {
  readonly all: () => readonly Kek[];
  /** Wraps what is new. */
  readonly primary: () => DataKey;
  /** Finds keys by id. Reads the ring anew when it lacks the key that this envelope is sealed under. */
  readonly findFor: (envelope: Uint8Array) => Promise<KeyFor>;
  readonly reload: () => Promise<void>;
}

export interface KekRingDeps {
  readonly documents: KeyDocuments;
  readonly tagging: Tagging;
  /** Asked at each reading: it changes when the root key is rotated. */
  readonly root: () => Root;
}

export async function loadKekRing(deps: KekRingDeps): Promise<KekRing> {
  let keks = await readRing(deps);
  const find: KeyFor = (id) => keks.find(({ key }) => key !== null && hexOf(key.id) === hexOf(id))?.key ?? null;
  const reload = async (): Promise<void> => {
    keks = await readRing(deps);
  };
  return {
    all: () => keks,
    primary: () => primaryOf(keks),
    reload,
    async findFor(envelope) {
      if (find(envelopeKeyId(envelope)) === null) await reload();
      return find;
    },
  };
}

async function readRing({ documents, tagging, root }: KekRingDeps): Promise<readonly Kek[]> {
  const keks: Kek[] = [];
  for (const doc of await wholeSet(documents, tagging, 'kek', [INSTANCE_TEAM])) {
    const fields = checkedFields(tagging, kekFields, doc);
    keks.push({ doc, fields, key: fields.state === 'destroyed' ? null : unwrapKek(root(), tagging.instance, doc) });
  }
  primaryOf(keks);
  return keks;
}

function primaryOf(keks: readonly Kek[]): DataKey {
  const [primary, ...others] = keks.filter(({ fields }) => fields.state === 'primary');
  if (!primary?.key || others.length > 0) throw integrity('there is not exactly one primary key-encryption key');
  return primary.key;
}

export function unwrapKek(root: Root, instance: string, doc: Doc): DataKey {
  const keyFor: KeyFor = (id) => (hexOf(id) === hexOf(root.key.id) ? root.key : null);
  const bytes = unwrap(keyFor, doc.body, { instance, kind: 'kek', key: doc.key });
  return { id: Buffer.from(doc.key[1] ?? '', 'hex'), bytes };
}
