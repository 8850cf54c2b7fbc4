import { z } from 'zod';
import { capital } from '../../kernel/casing.ts';
import { filesAnswer, filesMap, valuesAnswer, variablesMap } from '../../rest/files.ts';
import { type Given, one, type Reply, type RestRoute, routeOf } from '../../rest/route.ts';
import { detailsRoute } from './rest-details.ts';
import {
  delivered,
  type EnvironmentResult,
  environmentDocument,
  inPath,
  KINDS,
  type Kind,
  SCOPES,
  type Scope,
} from './rest-shape.ts';
import { type Registered, registeredDocument, updateRoute } from './rest-update.ts';

const query = {
  show: z.enum(['this', 'inherited', 'all']).meta({
    description: 'What the workload holds itself, what it inherits, or both, which is what it gets without this.',
  }),
  replaceTemplatedValues: z.enum(['true', 'false']).meta({
    description:
      'With `show=this`: `true` expands templates, else they are as written. What is inherited is always expanded: whoever asks may not see what it was written from.',
  }),
};

const unresolvedOf = ({ variables, files, dockerSecretMounts = [], unresolved }: EnvironmentResult): string[] => {
  const failed = [...variables, ...files, ...dockerSecretMounts]
    .filter((row) => !row.masked && (('value' in row ? row.value : row.data) ?? null) === null)
    .map((row) => ('path' in row ? row.path : row.name) ?? '');
  return [...new Set([...failed, ...unresolved.map(({ name }) => name)])].sort();
};

interface AsWritten {
  readonly asWritten: Registered;
}

/** What a workload holds itself may be put again as it was read: then it must not be expanded. */
const isAsWritten = (request: Given): boolean =>
  one(request, 'show') === 'this' && one(request, 'replaceTemplatedValues') !== 'true';

const asWritten = ({ values, files, scope }: Scope, { asWritten: own }: AsWritten): Reply => ({
  data: {
    [values]: variablesMap(own.values),
    [files]: filesMap(own.files),
    ...(scope === 'BUILD' ? { dockerSecretMounts: {} } : {}),
  },
});

function environmentRoutes(kind: Kind, scope: Scope): readonly RestRoute[] {
  const path = `/projects/{projectId}/${kind.plural}/{${kind.id}}/${scope.path}`;
  const maps = {
    [scope.values]: valuesAnswer,
    [scope.files]: filesAnswer,
    ...(scope.scope === 'BUILD' ? { dockerSecretMounts: filesAnswer } : {}),
  };
  return [
    routeOf<EnvironmentResult | AsWritten>({
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
          .meta({ description: 'Names of keys without a value, or with an unresolved reference.' }),
      }),
      document: environmentDocument(kind, scope, '__typename'),
      variables: inPath(kind),
      complete: async (found, request, ask) => {
        if (!isAsWritten(request)) return found;
        return { asWritten: await ask(registeredDocument(kind, scope.own), inPath(kind)(request)) };
      },
      reply: (found, request) => {
        if ('asWritten' in found) return asWritten(scope, found);
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
