import { randomUUID } from 'node:crypto';
import type { Session } from '../access/session.ts';
import { templateReferences } from '../domain/template.ts';
import type { FileEntry } from '../domain/types.ts';
import type { Upload } from '../input/rules.ts';
import { integrity } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import type { Json } from '../store/port.ts';
import type { Change } from '../vault/change.ts';
import type { Vault } from '../vault/port.ts';
import type { Inspect } from './certificates/inspection.ts';

/** Bytes of files and mounts are kept as one envelope each, in documents of their own that are never changed. */
export type FileMap = ReadonlyMap<string, FileEntry>;

export const encodeFiles = (files: FileMap): Json => [...files].map(([name, entry]) => [name, { ...entry }]);
export const decodeFiles = (json: Json | undefined): FileMap => new Map(json as unknown as [string, FileEntry][]);

export interface Kept {
  readonly entries: FileMap;
  /** The new content documents; they go into the commit that makes the entries known. */
  readonly changes: readonly Change[];
}

export type Contents = ReturnType<typeof createContents>;

export interface ContentsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly inspect: Inspect;
}

export function createContents({ vault, keys, inspect }: ContentsDeps) {
  function hashOf(team: string, project: string, bytes: Uint8Array): string {
    return Buffer.from(keys.mac('content')(Buffer.concat([Buffer.from(`${team}\0${project}\0`), bytes]))).toString(
      'hex',
    );
  }

  /** Entries for uploads. A content that one of `before` holds already is not written again. */
  async function keep(
    project: string,
    uploads: ReadonlyMap<string, Upload>,
    before: readonly FileMap[],
    session: Session,
  ): Promise<Kept> {
    const { team } = session.principal;
    const certificates = await inspect(uploads, session.work);
    const known = new Map<string, string>();
    for (const files of before) for (const { hash, contentId } of files.values()) known.set(hash, contentId);
    const entries = new Map<string, FileEntry>();
    const changes: Change[] = [];
    for (const [name, { bytes, encoding }] of uploads) {
      const hash = hashOf(team, project, bytes);
      const contentId = known.get(hash) ?? randomUUID();
      if (!known.has(hash)) {
        known.set(hash, contentId);
        changes.push({
          op: 'put',
          kind: 'content',
          key: [team, project, contentId],
          expected: null,
          fields: {},
          body: bytes,
          deleted: false,
        });
      }
      const references = encoding === 'utf-8' ? templateReferences(Buffer.from(bytes).toString('utf8')) : [];
      const certificate = certificates.get(name);
      const facts = { encoding, size: bytes.length, hash, contentId, references };
      entries.set(name, certificate ? { ...facts, certificate } : facts);
    }
    return { entries, changes };
  }

  async function read(project: string, entry: FileEntry, session: Session): Promise<Uint8Array> {
    const { team } = session.principal;
    const bytes = await vault.bytes('content', [team, project, entry.contentId], session.work);
    if (!bytes || hashOf(team, project, bytes) !== entry.hash) throw integrity('the content of a file');
    return bytes;
  }

  return { keep, read };
}
