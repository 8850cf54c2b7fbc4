import { associatedData } from '../../../src/crypto/aad.ts';
import { open, seal } from '../../../src/crypto/envelope.ts';
import { isAppError } from '../../../src/kernel/errors.ts';
import type { Keys } from '../../../src/keys/keys.ts';
import { createMacHolder } from '../../../src/keys/mac-holder.ts';
import { type OpenKeysOptions, openKeys } from '../../../src/keys/open-keys.ts';
import { openMemoryStore } from '../../../src/store/embedded/open.ts';
import type { Doc, Json, Store } from '../../../src/store/port.ts';
import { KINDS } from '../../support/kinds.ts';

export const ROOT_KEY = Buffer.alloc(32, 0x52);
export const NOW = '2026-01-02T03:04:05.000Z';

/** A store in memory, and a way to open its keys as a process would when it starts. */
export function anInstallation() {
  const holder = createMacHolder();
  const store = openMemoryStore({ mac: holder.mac });
  const start = (over: Partial<OpenKeysOptions> = {}) =>
    openKeys({ store, holder, rootKey: ROOT_KEY, clock: () => new Date(NOW), initialise: true, ...over });
  return { store, holder, start };
}

/** Gives a team or project its first data key, as the commit that creates it does. */
export async function createScope(store: Store, keys: Keys, team: string, project: string | null = null) {
  const { key, write } = keys.newDataKey(team, project);
  const id = `create ${Buffer.from(key.id).toString('hex')}`;
  await store.commit({ id, team, at: NOW, actor: 'tester', operation: 'create', writes: [write] });
  return key;
}

const AAD = associatedData({
  instance: 'i',
  team: 't',
  project: '',
  incarnation: '',
  kind: 'team',
  key: ['t'],
  revision: 1,
  deleted: false,
  fields: {},
});

export async function sealed(keys: Keys, team: string, project: string | null, text: string): Promise<Uint8Array> {
  return seal(await keys.sealingKey(team, project), Buffer.from(text), AAD);
}

export async function opened(keys: Keys, team: string, project: string | null, envelope: Uint8Array): Promise<string> {
  return Buffer.from(open(await keys.openingKeys(team, project), envelope, AAD)).toString();
}

/** `CODE: message` of a refusal, or what came instead. */
export async function refusal(attempt: () => unknown): Promise<string> {
  try {
    return `answered ${String(await attempt())}`;
  } catch (error) {
    if (isAppError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** All that the store holds, old revisions too, as one text. */
export async function contentsOf(store: Store): Promise<string> {
  const lines: string[] = [];
  for (const kind of KINDS) {
    for (const doc of await store.list(kind, [], { limit: 1000 })) {
      for (const revision of await store.revisions(kind, doc.key, { limit: 1000 })) {
        const { key, deleted, fields, body, tag } = revision;
        lines.push(JSON.stringify([kind, key, revision.revision, deleted, fields, hex(body), hex(tag)]));
      }
    }
  }
  return lines.join('\n');
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The same store to a reader, but for documents that somebody edited behind the gateway's back. */
export function tampered(store: Store, edit: (doc: Doc) => Doc | null): Store {
  return {
    ...store,
    get: async (kind, key) => {
      const doc = await store.get(kind, key);
      return doc && edit(doc);
    },
    list: async (kind, prefix, page) => (await store.list(kind, prefix, page)).flatMap((doc) => edit(doc) ?? []),
  };
}

export const withField =
  (kind: string, name: string, value: Json) =>
  (doc: Doc): Doc =>
    doc.kind === kind ? { ...doc, fields: { ...doc.fields, [name]: value } } : doc;

export const withFlippedBody =
  (kind: string) =>
  (doc: Doc): Doc => {
    if (doc.kind !== kind) return doc;
    const body = Buffer.from(doc.body);
    body.writeUInt8(body.readUInt8(100) ^ 1, 100);
    return { ...doc, body };
  };
