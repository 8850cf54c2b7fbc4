import { z } from 'zod';
import { filesAnswer, filesMap, valuesAnswer, variablesMap } from './files.ts';
import { one } from './given.ts';
import { type RestRoute, routeOf } from './route.ts';
import { detailsRoute } from './workload-details.ts';
import {
  capital,
  delivered,
  type EnvironmentResult,
  environmentDocument,
  inPath,
  KINDS,
  type Kind,
  SCOPES,
  type Scope,
} from './workload-shape.ts';
import { updateRoute } from './workload-update.ts';

const query = {
  show: z.enum(['this', 'inherited', 'all']).meta({
    description: 'What the workload holds itself, what it inherits, or both, which is what it gets without this.',
  }),
  replaceTemplatedValues: z.enum(['true', 'false']).meta({
    description: 'Accepted; templates are always expanded, except with `show=this` and `replaceTemplatedValues=false`.',
  }),
};

const unresolvedOf = ({ variables, files, dockerSecretMounts = [], unresolved }: EnvironmentResult): string[] => {
  const failed = [...variables, ...files, ...dockerSecretMounts]
    .filter((row) => !row.masked && (('value' in row ? row.value : row.data) ?? null) === null)
    .map((row) => ('path' in row ? row.path : row.name) ?? '');
  return [...new Set([...failed, ...unresolved.map(({ name }) => name)])].sort();
};

function environmentRoutes(kind: Kind, scope: Scope): readonly RestRoute[] {
  const path = `/projects/{projectId}/${kind.plural}/{${kind.id}}/${scope.path}`;
  const maps = {
    [scope.values]: valuesAnswer,
    [scope.files]: filesAnswer,
    ...(scope.scope === 'BUILD' ? { dockerSecretMounts: filesAnswer } : {}),
  };
  return [
    routeOf<EnvironmentResult>({
      group: kind.group,
      method: 'GET',
      path,
      name: `get${capital(kind.field)}${scope.name}`,
      summary: `Read the ${scope.words} of a ${kind.field}`,
      query,
      isCached: true,
      answer: z.strictObject({
        ...maps,
        unresolved: z
          .array(z.string())
          .optional()
          .meta({ description: 'Names of what has no value, or holds a reference that leads nowhere.' }),
      }),
      document: environmentDocument(kind, scope, '__typename'),
      variables: inPath(kind),
      reply: (found, request) => {
        const show = one(request, 'show') ?? 'all';
        const unresolved = unresolvedOf(found);
        const mounts = found.dockerSecretMounts;
        return {
          data: {
            [scope.values]: variablesMap(delivered(found.variables, show)),
            [scope.files]: filesMap(delivered(found.files, show)),
            ...(mounts ? { dockerSecretMounts: filesMap(delivered(mounts, show)) } : {}),
            ...(unresolved.length > 0 ? { unresolved } : {}),
          },
          etag: `${found.digest}.${show}`,
        };
      },
    }),
    detailsRoute(kind, scope, `${path}/details`),
    updateRoute(kind, scope, path),
  ];
}

export const workloadRoutes: readonly RestRoute[] = KINDS.flatMap((kind) =>
  SCOPES.flatMap((scope) => environmentRoutes(kind, scope)),
);
