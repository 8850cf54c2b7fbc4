import { z } from 'zod';
import {
  expected,
  type Given,
  given,
  type JsonObject,
  mutation,
  nothing,
  type RestRoute,
  routeOf,
  upper,
} from '../../rest/route.ts';
import { groupId } from './rest.ts';

/** Variables as the text of a file, read into a group that is there. */

const PATH = '/projects/{projectId}/secrets/{secretId}/import';
const group = 'Secret groups';

const body = z.strictObject({
  text: z.string().meta({ description: 'The text of the file. Nothing in it is run or expanded.' }),
  format: z.enum(['dotenv', 'json']).meta({ description: 'As the npm package dotenv reads it, or one JSON object.' }),
  mode: z
    .enum(['merge', 'replace'])
    .optional()
    .meta({ description: 'Whether variables that the text does not name stay. Default: true.' }),
  allowDangerousNames: z
    .boolean()
    .optional()
    .meta({ description: 'Allow new names that change what a process executes, such as `LD_PRELOAD`.' }),
});

const variables = (request: Given): JsonObject => {
  const { text, format, mode, allowDangerousNames } = request.body;
  const source = { text, format: upper(format) };
  return {
    input: given({ id: groupId(request), source, mode: upper(mode), allowDangerousNames, ...expected(request) }),
  };
};
const placeOf = (at: readonly string[]): readonly string[] => (at[0] === 'source' ? at.slice(1) : at);

const names = z.array(z.string());
interface Preview {
  readonly names: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
  readonly unchanged: readonly string[];
  readonly secretGroup: { readonly revision: number };
}

export const importRoutes: readonly RestRoute[] = [
  routeOf({
    group,
    method: 'POST',
    path: PATH,
    name: 'importSecretVariables',
    summary: 'Import variables from the text of a file into a secret group',
    body,
    answer: z.strictObject({}),
    document: mutation('importSecretGroupVariables', 'result: commit { seq }'),
    variables,
    placeOf,
    reply: nothing,
  }),
  routeOf<Preview>({
    group,
    method: 'POST',
    path: `${PATH}/dry-run`,
    name: 'previewSecretImport',
    summary: 'Preview an import, by names, without changing anything; send its ETag as the If-Match of the import',
    body,
    answer: z.strictObject({ added: names, changed: names, removed: names, unchanged: names }),
    document: mutation(
      'previewSecretGroupImport',
      'names { added removed changed } unchanged secretGroup { revision }',
    ),
    variables,
    placeOf,
    reply: ({ names: { added, changed, removed }, unchanged, secretGroup }) => ({
      data: { added, changed, removed, unchanged },
      etag: String(secretGroup.revision),
    }),
  }),
];
