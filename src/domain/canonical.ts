import type { Resolution, ResolvedFile } from './types.ts';

/** Texts one after another, each behind its length: no two different sequences give the same bytes. */
interface Writer {
  readonly put: (texts: readonly string[]) => void;
  readonly bytes: () => Uint8Array;
}

function createWriter(): Writer {
  const parts: string[] = [];
  return {
    put: (texts) => {
      for (const text of texts) parts.push(`${text.length}:`, text);
    },
    bytes: () => new TextEncoder().encode(parts.join('')),
  };
}

/**
 * What a workload gets, as unambiguous bytes: equal bytes mean that nothing changed for it. Types, where a value was written
 * and what a person is warned of are left out, since they change nothing in what is delivered.
 */
export function canonicalBytes(resolution: Omit<Resolution, 'canonical'>): Uint8Array {
  const { scope, variables, files, mounts, unresolved, render } = resolution;
  const writer = createWriter();
  writer.put(['keyloom-resolution-2', scope, String(variables.size)]);
  for (const { name, value, error } of variables.values()) {
    writer.put([name]);
    if (error === null) writer.put(['value', value ?? '']);
    else writer.put(['error', error.code, String(error.path.length), ...error.path]);
  }
  for (const contents of [files, mounts]) {
    writer.put([String(contents.size)]);
    for (const file of contents.values()) writer.put(fileFacts(file, render));
  }
  writer.put([String(unresolved.length)]);
  for (const { name, reference, reason } of unresolved) writer.put([name, reference, reason]);
  return writer.bytes();
}

/** A file as texts: its content's hash and what its references draw in stand for the content itself. */
export function fileFacts({ name, entry, error }: ResolvedFile, render: Resolution['render']): readonly string[] {
  const head = [name, entry.hash, entry.encoding];
  if (error !== null) return [...head, 'error', error.code, String(error.path.length), ...error.path];
  const references = entry.encoding === 'binary' ? [] : entry.references;
  return [...head, 'references', String(references.length), ...references.map((raw) => render(raw) ?? '')];
}
