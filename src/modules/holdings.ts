import { utf8Size } from '../domain/template.ts';
import { limitExceeded } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';

interface Sized {
  readonly size: number;
}

/** Refuses what is too much, before anything is written. Bytes of names count towards the whole. */
export function requireWithinLimits(
  limits: Limits,
  variables: readonly ReadonlyMap<string, string>[],
  files: readonly ReadonlyMap<string, Sized>[],
): void {
  let total = 0;
  let count = 0;
  for (const map of variables) {
    count += map.size;
    for (const [name, value] of map) {
      const size = utf8Size(value);
      if (size > limits.variableBytes)
        throw limitExceeded(`bytes of the variable ${name}`, limits.variableBytes, size, 'variableBytes');
      total += size + name.length;
    }
  }
  if (count > limits.variablesPerGroup)
    throw limitExceeded('variables', limits.variablesPerGroup, count, 'variablesPerGroup');
  for (const map of files) {
    for (const [name, { size }] of map) {
      if (size > limits.fileBytes)
        throw limitExceeded(`bytes of the file ${name}`, limits.fileBytes, size, 'fileBytes');
      total += size + utf8Size(name);
    }
  }
  if (total > limits.groupBytes) throw limitExceeded('bytes in all', limits.groupBytes, total, 'groupBytes');
}

/** Uploads, seen as sizes. */
export function sizesOf(uploads: ReadonlyMap<string, { readonly bytes: Uint8Array }>): ReadonlyMap<string, Sized> {
  return new Map([...uploads].map(([name, { bytes }]) => [name, { size: bytes.length }]));
}
