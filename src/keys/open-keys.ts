import { deriveKey, type KeyedHash, macWith } from '../crypto/derive.ts';
import { checkRandom, type Random, secureRandom } from '../crypto/random.ts';
import type { Clock } from '../kernel/clock.ts';
import { remains, unavailable } from '../kernel/errors.ts';
import type { Doc, Store } from '../store/port.ts';
import { createDataKeys } from './data-keys.ts';
import { checkedFields, createKeyDocuments, type KeyDocuments, type Tagging, wholeSet } from './documents.ts';
import { foundInstance, type Instance, readInstance } from './instance.ts';
import { loadKekRing } from './kek-ring.ts';
import type { KeyCare, Keys, MacLabel } from './keys.ts';
import type { MacHolder } from './mac-holder.ts';
import { INSTANCE_KEY, INSTANCE_TEAM, instanceFields } from './model.ts';
import { purgeKeks, type RotationDeps, reincarnate, rotateKek, rotateRoot } from './rotation.ts';
import { type Root, rootFrom } from './wrapping.ts';

export interface OpenKeysOptions {
  readonly store: Store;
  /** The one whose `mac` the store was opened with. */
  readonly holder: MacHolder;
  /** 32 bytes. */
  readonly rootKey: Uint8Array;
  readonly clock: Clock;
  /** Whether an empty store gets its first keys. A store that holds anything never does. */
  readonly initialise: boolean;
  readonly random?: Random;
}

/**
 * Loads the keys of the installation; data keys follow when they are first used.
 * UNAVAILABLE for a wrong root key or an empty store, INTEGRITY for corrupt data; nothing is written in either case.
 */
export async function openKeys(options: OpenKeysOptions): Promise<Keys & KeyCare> {
  const { store, clock, holder, random = secureRandom } = options;
  checkRandom(random);
  let root = rootFrom(options.rootKey);
  const documents = createKeyDocuments(store, clock, () => holder.mac);
  const doc = (await documents.get('instance', INSTANCE_KEY)) ?? (await found(options, documents, root));
  const instance = await readInstance(documents, root, doc);
  const mac = macsOf(instance);
  holder.set(mac('log'));
  const tagging: Tagging = { instance: instance.id, mac: mac('set'), logMac: mac('log') };
  const { incarnation } = checkedFields(tagging, instanceFields, doc);
  await wholeSet(documents, tagging, 'instance', [INSTANCE_TEAM]);
  const keks = await loadKekRing({ documents, tagging, root: () => root });
  const rotation: RotationDeps = { documents, tagging, keks, root: () => root, clock, random };
  return {
    instance: instance.id,
    incarnation,
    mac,
    ...createDataKeys({ documents, tagging, keks, clock, random }),
    rotateKek: (actor) => rotateKek(rotation, actor),
    reincarnate: (actor) => reincarnate(rotation, actor),
    async rotateRoot(newRootKey, actor) {
      const next = rootFrom(newRootKey);
      await rotateRoot(rotation, next, actor);
      root = next;
      await keks.reload();
      await purgeKeks(rotation, actor);
    },
  };
}

/** The document of the installation, made if that is allowed. */
async function found(options: OpenKeysOptions, documents: KeyDocuments, root: Root): Promise<Doc> {
  const { store, clock, holder, initialise, random = secureRandom } = options;
  if (await store.isEmpty()) {
    if (!initialise) throw unavailable('The store is empty: it has to be initialised first');
    const taggingOf = (instance: Instance): Tagging => {
      const mac = macsOf(instance);
      holder.set(mac('log'));
      return { instance: instance.id, mac: mac('set'), logMac: mac('log') };
    };
    await foundInstance({ documents, root, clock, random, taggingOf });
  }
  const doc = await documents.get('instance', INSTANCE_KEY);
  if (!doc) throw remains('the document of the installation');
  return doc;
}

function macsOf({ secret }: Instance): (label: MacLabel) => KeyedHash {
  const macs = new Map<MacLabel, KeyedHash>();
  return (label) => {
    const mac = macs.get(label) ?? macWith(deriveKey(secret, label));
    macs.set(label, mac);
    return mac;
  };
}
