import { z } from 'zod';
import { capital } from '../../kernel/casing.ts';
import { forbidden } from '../../kernel/errors.ts';
import {
  FILE_FIELDS,
  type FileResult,
  filesBody,
  filesOf,
  placeInMap,
  VARIABLE_FIELDS,
  type VariableResult,
  variablesBody,
  variablesOf,
} from '../../rest/files.ts';
import { given, type JsonObject, mutation, nothing, type RestRoute, routeOf } from '../../rest/route.ts';
import { inPath, type Kind, SCOPES, type Scope } from './rest-shape.ts';

type Masked<Row> = Row & { readonly masked: boolean };
export interface Registered {
  readonly name: string;
  readonly tags: readonly string[];
  readonly stageId: string | null;
  readonly revision: number;
  readonly values: readonly Masked<VariableResult>[];
  readonly files: readonly Masked<FileResult>[];
}

/** What a workload is registered with, and one of the sets that it holds itself, as written. */
export const registeredDocument = ({ field }: Kind, [values, files]: Scope['own']): string => `
  query Registered($project: Slug!, $id: ID!) { result: project(slug: $project) { result: ${field}(id: $id) {
    name tags stageId revision values: ${values} { ${VARIABLE_FIELDS} masked } files: ${files} { ${FILE_FIELDS} masked }
  } } }`;

/** What is not shown cannot be kept: a mask must never be stored as a value. */
function kept<Row>(rows: readonly Masked<Row>[]): readonly JsonObject[] {
  if (rows.some(({ masked }) => masked)) throw forbidden('You need to read all that the workload holds to keep it');
  return rows.map(({ masked: _masked, ...row }) => row as JsonObject);
}

export function updateRoute(kind: Kind, scope: Scope, path: string): RestRoute {
  const [values, files] = scope.own;
  const [other] = SCOPES.filter((each) => each !== scope);
  const [otherValues, otherFiles] = (other ?? scope).own;
  const put = `put${capital(kind.field)}`;
  return routeOf({
    group: kind.group,
    method: 'POST',
    path,
    name: `update${capital(kind.field)}${scope.name}`,
    summary: `Replace a ${kind.field}'s own ${scope.words}; a map that is absent stays`,
    body: z.strictObject({
      [scope.values]: scope.scope === 'RUNTIME' ? variablesBody : variablesBody.optional(),
      [scope.files]: filesBody.optional(),
      allowDangerousNames: z
        .boolean()
        .optional()
        .meta({ description: 'Allow new names that can change what a process executes.' }),
    }),
    answer: z.strictObject({}),
    document: mutation(put, 'result: commit { seq }'),
    // What the body does not name stays: it is read, and put again on the revision that it was read at.
    prepare: async (request, ask) => {
      const read = (set: Scope['own']) =>
        ask(registeredDocument(kind, set), inPath(kind)(request)) as Promise<Registered>;
      const { name, tags, stageId, revision, ...found } = await read([otherValues, otherFiles]);
      const isWhole = request.body[scope.values] !== undefined && request.body[scope.files] !== undefined;
      const own = isWhole ? null : await read(scope.own);
      return given({
        name,
        tags,
        stageId,
        expectedRevision: request.ifMatch ?? revision,
        [otherValues]: kept(found.values),
        [otherFiles]: kept(found.files),
        [values]: request.body[scope.values] === undefined && own ? kept(own.values) : undefined,
        [files]: request.body[scope.files] === undefined && own ? kept(own.files) : undefined,
      });
    },
    variables: (request, before = {}) => {
      const { [scope.values]: map, [scope.files]: held, allowDangerousNames } = request.body;
      return {
        input: given({
          project: request.path.projectId,
          id: request.path[kind.id],
          ...before,
          allowDangerousNames,
          ...given({ [values]: variablesOf(map as JsonObject), [files]: filesOf(held as JsonObject) }),
        }),
      };
    },
    reply: nothing,
    placeOf: ([first = '', ...rest], { body }) => {
      if (first === values) return placeInMap([], scope.values, rest, body[scope.values] as JsonObject);
      if (first === files) return placeInMap([], scope.files, rest, body[scope.files] as JsonObject);
      return [first, ...rest];
    },
  });
}
