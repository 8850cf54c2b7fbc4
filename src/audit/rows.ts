import type { FileEntry } from '../domain/types.ts';
import type { CertificateFacts } from '../kernel/certificate.ts';
import { Value } from './reveal.ts';

/** Variables and files as they were written, for one viewer. */

export interface VariableRow {
  readonly name: string;
  readonly value: Value;
}

/** `of`: what they belong to. */
export function variableRows(
  variables: ReadonlyMap<string, string>,
  of: string,
  isSeen: boolean,
): readonly VariableRow[] {
  return [...variables]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value: new Value(of, isSeen, () => value) }));
}

/** A file or a mount. What is told of its content is told with it or not at all. */
export interface FileRow {
  readonly name: string;
  readonly encoding: FileEntry['encoding'];
  readonly size: number | null;
  readonly sha256: string | null;
  readonly data: Value<Promise<Uint8Array>>;
  readonly certificate: Value<CertificateFacts>;
}

export function fileRows(
  files: ReadonlyMap<string, FileEntry>,
  of: string,
  isSeen: boolean,
  read: (entry: FileEntry) => Promise<Uint8Array>,
): readonly FileRow[] {
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entry]) => ({
      name,
      encoding: entry.encoding,
      size: isSeen ? entry.size : null,
      sha256: isSeen ? entry.hash : null,
      data: new Value(of, isSeen, () => read(entry)),
      certificate: new Value(of, isSeen, () => entry.certificate ?? null),
    }));
}
