import { z } from 'zod';
import { keyNameRule, mountNameRule, valueRule } from '../input/rules.ts';
import { type JsonObject, lower, upper } from './route.ts';

/** Shown for a value that the token may not see: it tells neither length nor beginning. */
export const MASK = '********';

export const base64 = z.string().meta({ contentEncoding: 'base64', description: 'Canonical base64.' });
const fileBody = z.strictObject({ data: base64, encoding: z.enum(['utf-8', 'binary']).optional() });
/** A file in an answer; a masked one has the mask in the place of its data. */
const fileAnswer = z.strictObject({ data: z.string(), encoding: z.enum(['utf-8', 'binary']) });

export const variablesBody = z.record(keyNameRule, valueRule);
export const filesBody = z.record(z.string(), fileBody);
const mountsBody = z.record(mountNameRule, fileBody);

export const secretsBody = z.strictObject({
  variables: variablesBody.optional(),
  files: filesBody.optional(),
  dockerSecretMounts: mountsBody.optional(),
});
export const valuesAnswer = z.record(z.string(), z.string());
export const filesAnswer = z.record(z.string(), fileAnswer);
export const secretsAnswer = z.strictObject({
  variables: valuesAnswer,
  files: filesAnswer,
  dockerSecretMounts: filesAnswer,
});

type Map = Readonly<Record<string, unknown>> | undefined;
export type SecretsBody = z.input<typeof secretsBody>;

export const variablesOf = (map: Map): readonly object[] | undefined =>
  map && Object.entries(map).map(([name, value]) => ({ name, value }));

const filesNamed = (key: 'path' | 'name', map: Map): readonly object[] | undefined =>
  map &&
  Object.entries(map).map(([name, file]) => {
    const { data, encoding } = file as { data: string; encoding?: string };
    return { [key]: name, data, ...(encoding === undefined ? {} : { encoding: upper(encoding) }) };
  });
export const filesOf = (map: Map): readonly object[] | undefined => filesNamed('path', map);
export const mountsOf = (map: Map): readonly object[] | undefined => filesNamed('name', map);

export interface VariableResult {
  readonly name: string;
  readonly value: string | null;
}
export interface FileResult {
  readonly path?: string;
  readonly name?: string;
  readonly data: string | null;
  readonly encoding: string;
}

export const VARIABLE_FIELDS = 'name value';
export const FILE_FIELDS = 'path data encoding';
export const MOUNT_FIELDS = 'name data encoding';

/** Without a prototype, so that no name is special. */
export const mapOf = (entries: readonly (readonly [string, unknown])[]): JsonObject => {
  const map: Record<string, unknown> = Object.create(null);
  for (const [name, value] of entries) map[name] = value;
  return map;
};

export const variablesMap = (rows: readonly VariableResult[]): JsonObject =>
  mapOf(rows.map(({ name, value }) => [name, value ?? MASK]));

export const filesMap = (rows: readonly FileResult[]): JsonObject =>
  mapOf(
    rows.map(({ path, name, data, encoding }) => [
      path ?? name ?? '',
      { data: data ?? MASK, encoding: lower(encoding) },
    ]),
  );

/** The place of an entry of a list in the map that the list was made of. */
export function placeInMap(
  at: readonly string[],
  list: string,
  [index = '', ...rest]: readonly string[],
  map: Map,
  names: readonly string[] = ['name', 'path', 'value'],
): readonly string[] {
  const name = Object.keys(map ?? {})[Number(index)];
  if (name === undefined) return [...at, list];
  // A bad name, or a bad value of a variable, is one member of the map.
  const below = rest.filter((step) => !names.includes(step));
  return [...at, list, name, ...below];
}
