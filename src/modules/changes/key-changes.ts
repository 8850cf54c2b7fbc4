import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { diffMaps, type NameDiff, writtenNames } from '../../domain/diff.ts';
import type { DirectValues, FileEntry, Sensitivity } from '../../domain/types.ts';
import { isAppError } from '../../kernel/errors.ts';
import type { Fields, Touched } from '../../store/port.ts';
import type { DocumentType, Stored } from '../../vault/document.ts';
import { idOf } from '../../vault/document.ts';
import { evenReading, type Vault } from '../../vault/vault.ts';
import { documentOf as addonDocumentOf } from '../addons/model.ts';
import { mayOnAddon } from '../addons/rights.ts';
import { globalDocument } from '../global-secrets/model.ts';
import { mayOnGlobal } from '../global-secrets/rights.ts';
import { groupDocument } from '../secret-groups/model.ts';
import { mayOnGroup } from '../secret-groups/rights.ts';
import { jobDocument, serviceDocument, type WorkloadFields } from '../workloads/model.ts';
import { mayOnTouched } from './visible.ts';

/** Names of keys that differ between a revision and the one before. Never values. */
export interface KeyChanges {
  readonly variables: NameDiff;
  readonly files: NameDiff;
  readonly dockerSecretMounts: NameDiff;
}

/** Name -> something that is equal for equal contents. */
type Facts = ReadonlyMap<string, string>;
interface Parts {
  readonly variables: Facts;
  readonly files: Facts;
  readonly mounts: Facts;
}

const NONE: Facts = new Map();
const NOTHING: Parts = { variables: NONE, files: NONE, mounts: NONE };

const hashes = (files: ReadonlyMap<string, FileEntry>): Facts =>
  new Map([...files].map(([name, { hash }]) => [name, hash]));
const texts = (values: object): Facts =>
  new Map(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));

/** How the keys of a kind are read off its body, and who else may know a revision's. */
interface Reader<F extends Fields, B> {
  readonly document: DocumentType<F, B>;
  readonly parts: (body: B) => Parts;
  readonly mayKnow?: (stored: Stored<F, B>, session: Session) => boolean;
  /** Whether values of it may be seen: only then is it told whether they differ. */
  readonly maySee: (stored: Stored<F, B>, session: Session) => boolean;
}

interface Compared {
  readonly before: Parts;
  readonly now: Parts;
  /** Whether the caller may see both. */
  readonly isSeen: boolean;
}

const reader = <F extends Fields, B>(given: Reader<F, B>) => ({
  async parts(vault: Vault, { key, revision }: Touched, session: Session): Promise<Compared | null> {
    const found = await vault.revisions(
      given.document,
      key,
      { after: [String(revision + 1)], limit: 2 },
      evenReading(session.work),
    );
    const [now, before] = found;
    if (now?.revision !== revision || (revision > 1 && !before)) return null;
    if (given.mayKnow && !found.every((stored) => given.mayKnow?.(stored, session))) return null;
    const partsOf = (stored: Stored<F, B> | undefined): Parts =>
      stored && !stored.deleted ? given.parts(stored.body()) : NOTHING;
    const isSeen = found.every((stored) => given.maySee(stored, session));
    return { before: partsOf(before), now: partsOf(now), isSeen };
  },
});

/** Build arguments and build files under names of their own, as both maps may hold one name. */
const workloadReader = (document: DocumentType<WorkloadFields, DirectValues>) =>
  reader({
    document,
    parts: ({ variables, buildArguments, files, buildFiles }) => ({
      variables: joined(variables, buildArguments),
      files: joined(hashes(files), hashes(buildFiles)),
      mounts: NONE,
    }),
    maySee: ({ key }, { principal }) => {
      const workload = { kind: document === serviceDocument ? ('service' as const) : ('job' as const), id: idOf(key) };
      return can(principal, 'read', 'workload', { project: key[1] ?? '', type: 'secret', workload });
    },
  });

function joined(a: Facts, b: Facts): Facts {
  const names = new Set([...a.keys(), ...b.keys()]);
  return new Map([...names].map((name) => [name, JSON.stringify([a.get(name) ?? null, b.get(name) ?? null])]));
}

const addonReader = (kind: 'addon' | 'external-addon') =>
  reader({
    document: addonDocumentOf(kind),
    parts: ({ params }) => ({ ...NOTHING, variables: texts(params) }),
    maySee: ({ key }, session) => mayOnAddon(session, 'read', key[1] ?? ''),
  });

const READERS: ReadonlyMap<string, ReturnType<typeof reader>> = new Map([
  [
    'secretGroup',
    reader({
      document: groupDocument,
      parts: ({ variables, files, mounts }) => ({ variables, files: hashes(files), mounts: hashes(mounts) }),
      // What it was counts as well as what it is.
      mayKnow: ({ key, fields }, session) => mayOnGroup(session, 'listKeys', key[1] ?? '', fields.type as Sensitivity),
      maySee: ({ key, fields }, session) => mayOnGroup(session, 'read', key[1] ?? '', fields.type as Sensitivity),
    }),
  ],
  [
    'globalSecret',
    reader({
      document: globalDocument,
      parts: ({ values, files }) => ({
        variables: texts(values),
        files: new Map([...files].map(([id, file]) => [id, JSON.stringify(file)])),
        mounts: NONE,
      }),
      mayKnow: ({ fields }, session) => mayOnGlobal(session, 'listKeys', fields.type),
      maySee: ({ fields }, session) => mayOnGlobal(session, 'read', fields.type),
    }),
  ],
  ['service', workloadReader(serviceDocument)],
  ['job', workloadReader(jobDocument)],
  ['addon', addonReader('addon')],
  ['externalAddon', addonReader('external-addon')],
]);

/** Which keys a commit changed in one document; null: it has none, you may not know them, or history no longer tells. */
export function createKeyChanges(vault: Vault) {
  return async function keyChanges(touched: Touched, session: Session): Promise<KeyChanges | null> {
    const found = READERS.get(touched.kind);
    if (!found || touched.revision === 0) return null;
    if (!(await session.read((view) => mayOnTouched(touched, 'listKeys', view, session)))) return null;
    const parts = await found.parts(vault, touched, session).catch((error: unknown) => {
      // Its key was destroyed, or it was tampered with: nothing to tell of it.
      if (isAppError(error) && (error.code === 'NOT_FOUND' || error.code === 'INTEGRITY')) return null;
      throw error;
    });
    if (!parts) return null;
    const { before, now, isSeen } = parts;
    const diff = isSeen ? diffMaps<string> : writtenNames;
    return {
      variables: diff(before.variables, now.variables),
      files: diff(before.files, now.files),
      dockerSecretMounts: diff(before.mounts, now.mounts),
    };
  };
}
