import { z } from 'zod';
import { capital } from '../../kernel/casing.ts';
import { type FileResult, MASK, mapOf, type VariableResult } from '../../rest/files.ts';
import { type Ask, given, type JsonObject, lower, type RestRoute, routeOf } from '../../rest/route.ts';
import {
  delivered,
  type EnvironmentResult,
  environmentDocument,
  inPath,
  type Kind,
  type Resolved,
  type Scope,
  type Source,
} from './rest-shape.ts';

/** Losers are named, and never shown. */
const overriding = z.array(
  z.strictObject({
    value: z.literal(MASK),
    inheritedFrom: z.string().optional(),
    addonId: z.string().optional(),
    priority: z.int().optional(),
  }),
);
const detail = (value: z.ZodType) =>
  z.record(
    z.string(),
    z.strictObject({
      value,
      inheritedFrom: z.string().optional(),
      addonId: z.string().optional(),
      priority: z.int().optional(),
      overriding,
    }),
  );

const SOURCE = `__typename ... on SecretGroupSource { group { slug priority } }
  ... on AddonSource { addon group { slug priority } }`;

/** Keys explained by one document. */
const BATCH = 20;

const explainDocument = ({ field }: Kind, { scope }: Scope): string => {
  const numbers = [...Array(BATCH).keys()];
  return `query Explain($project: Slug!, $id: ID!, $kind: EntryKind!, ${numbers.map((i) => `$n${i}: String!`).join(', ')}) {
    result: project(slug: $project) { result: ${field}(id: $id) { result: environment(scope: ${scope}) {
      ${numbers.map((i) => `k${i}: explain(kind: $kind, name: $n${i}) { shadowed { source { ${SOURCE} } } }`).join('\n')}
    } } } }`;
};

interface Explained {
  readonly shadowed: readonly { readonly source: Source | null }[];
}
interface Detailed extends EnvironmentResult {
  /** By kind and name. */
  readonly losers: ReadonlyMap<string, Explained['shadowed']>;
}

const fromSource = (source: Source | null): JsonObject =>
  given({ inheritedFrom: source?.group?.slug, addonId: source?.addon, priority: source?.group?.priority });

/** Each entry with where it is from, and what it hides. */
function detailed<Row extends Resolved>(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  shownOf: (row: Row) => unknown,
  losersOf: (name: string) => Explained['shadowed'],
): JsonObject {
  return mapOf(
    rows.map((row) => [
      nameOf(row),
      {
        value: shownOf(row),
        ...fromSource(row.source),
        overriding: losersOf(nameOf(row)).map(({ source }) => ({ value: MASK, ...fromSource(source) })),
      },
    ]),
  );
}

const variableName = ({ name }: VariableResult): string => name;
const fileName = ({ path, name }: FileResult): string => path ?? name ?? '';
const fileValue = ({ data, encoding }: FileResult): object => ({ data: data ?? MASK, encoding: lower(encoding) });

/** Asks about the keys a batch at a time: each is work of the request, and paid for. */
async function losersIn(
  found: EnvironmentResult,
  document: string,
  place: JsonObject,
  ask: Ask,
): Promise<Detailed['losers']> {
  const losers = new Map<string, Explained['shadowed']>();
  const parts = [
    ['VARIABLE', found.variables.map(variableName)],
    ['FILE', found.files.map(fileName)],
    ['MOUNT', (found.dockerSecretMounts ?? []).map(fileName)],
  ] as const;
  for (const [kind, names] of parts) {
    for (let at = 0; at < names.length; at += BATCH) {
      const batch = names.slice(at, at + BATCH);
      const named = Object.fromEntries(
        [...Array(BATCH).keys()].map((i) => [`n${i}`, batch[Math.min(i, batch.length - 1)]]),
      );
      const answer = (await ask(document, { ...place, kind, ...named })) as Readonly<Record<string, Explained>>;
      for (const [i, name] of batch.entries()) losers.set(`${kind} ${name}`, answer[`k${i}`]?.shadowed ?? []);
    }
  }
  return losers;
}

export function detailsRoute(kind: Kind, scope: Scope, path: string): RestRoute {
  const explain = explainDocument(kind, scope);
  const value = z.strictObject({ data: z.string(), encoding: z.enum(['utf-8', 'binary']) });
  return routeOf<Detailed>({
    group: kind.group,
    method: 'GET',
    path,
    name: `get${capital(kind.field)}${scope.name}Details`,
    summary: `Read the ${scope.words} of a ${kind.field}, each key with its source and what it overrides`,
    answer: z.strictObject({
      [scope.values]: detail(z.string()),
      [scope.files]: detail(value),
      ...(scope.scope === 'BUILD' ? { dockerSecretMounts: detail(value) } : {}),
    }),
    document: environmentDocument(kind, scope, SOURCE),
    variables: inPath(kind),
    complete: async (found, request, ask) => {
      const environment = found as EnvironmentResult;
      return { ...environment, losers: await losersIn(environment, explain, inPath(kind)(request), ask) };
    },
    reply: ({ variables, files, dockerSecretMounts: mounts, losers }) => {
      const losersOf = (what: string) => (name: string) => losers.get(`${what} ${name}`) ?? [];
      const rows = delivered(files, 'all');
      return {
        data: {
          [scope.values]: detailed(
            delivered(variables, 'all'),
            variableName,
            (row) => row.value ?? MASK,
            losersOf('VARIABLE'),
          ),
          [scope.files]: detailed(rows, fileName, fileValue, losersOf('FILE')),
          ...(mounts
            ? { dockerSecretMounts: detailed(delivered(mounts, 'all'), fileName, fileValue, losersOf('MOUNT')) }
            : {}),
        },
      };
    },
  });
}
