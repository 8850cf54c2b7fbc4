import type { Upload } from '../../input/rules.ts';
import { notFound } from '../../kernel/errors.ts';
import type { PutGroupInput } from './inputs.ts';

/** The map without one of its entries, which must be there. */
export function without<T>(map: ReadonlyMap<string, T>, name: string, what: string): ReadonlyMap<string, T> {
  if (!map.has(name)) throw notFound(what, name);
  const next = new Map(map);
  next.delete(name);
  return next;
}

/** Canonical form of the request, hashed to detect reuse of an idempotency key. */
export function requestOf(input: PutGroupInput): unknown {
  const files = (map: ReadonlyMap<string, Upload>) =>
    [...map].map(([name, { bytes, encoding }]) => [name, encoding, Buffer.from(bytes).toString('base64')]);
  const { variables, files: given, dockerSecretMounts } = input;
  return { ...input, variables: [...variables], files: files(given), dockerSecretMounts: files(dockerSecretMounts) };
}
