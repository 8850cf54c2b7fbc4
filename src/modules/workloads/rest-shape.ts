import { FILE_FIELDS, type FileResult, MOUNT_FIELDS, VARIABLE_FIELDS, type VariableResult } from '../../rest/files.ts';
import type { Given, JsonObject } from '../../rest/route.ts';

/** Environments of services and jobs. What is inherited is always resolved: rights, limits and audit are those of `environment`. */

export interface Kind {
  readonly field: 'service' | 'job';
  readonly plural: string;
  readonly id: string;
  readonly group: string;
}
export const KINDS: readonly Kind[] = [
  { field: 'service', plural: 'services', id: 'serviceId', group: 'Services' },
  { field: 'job', plural: 'jobs', id: 'jobId', group: 'Jobs' },
];

export interface Scope {
  readonly path: string;
  readonly name: string;
  readonly scope: 'RUNTIME' | 'BUILD';
  /** What answers and bodies call the two maps, and what the schema does. */
  readonly values: 'runtimeEnvironment' | 'buildArguments';
  readonly files: 'runtimeFiles' | 'buildFiles';
  readonly own: readonly [values: 'variables' | 'buildArguments', files: 'files' | 'buildFiles'];
  readonly words: string;
}
export const SCOPES: readonly Scope[] = [
  {
    path: 'runtime-environment',
    name: 'RuntimeEnvironment',
    scope: 'RUNTIME',
    values: 'runtimeEnvironment',
    files: 'runtimeFiles',
    own: ['variables', 'files'],
    words: 'runtime environment',
  },
  {
    path: 'build-arguments',
    name: 'BuildArguments',
    scope: 'BUILD',
    values: 'buildArguments',
    files: 'buildFiles',
    own: ['buildArguments', 'buildFiles'],
    words: 'build arguments',
  },
];

export interface Source {
  readonly __typename: string;
  readonly addon?: string;
  readonly group?: { readonly slug: string; readonly priority: number } | null;
}
export interface Resolved {
  readonly masked: boolean;
  readonly source: Source;
}
export interface EnvironmentResult {
  readonly digest: string;
  readonly variables: readonly (VariableResult & Resolved)[];
  readonly files: readonly (FileResult & Resolved)[];
  readonly dockerSecretMounts?: readonly (FileResult & Resolved)[];
  readonly unresolved: readonly { readonly name: string }[];
}

export const inPath =
  ({ id }: Kind) =>
  ({ path }: Given): JsonObject => ({ project: path.projectId, id: path[id] });

export const environmentDocument = ({ field }: Kind, { scope }: Scope, source: string): string => `
  query Environment($project: Slug!, $id: ID!) { result: project(slug: $project) { result: ${field}(id: $id) {
    result: environment(scope: ${scope}) { digest unresolved { name }
      variables { ${VARIABLE_FIELDS} masked source { ${source} } }
      files { ${FILE_FIELDS} masked source { ${source} } }
      ${scope === 'BUILD' ? `dockerSecretMounts { ${MOUNT_FIELDS} masked source { ${source} } }` : ''}
    } } } }`;

const isOwn = ({ source }: Resolved): boolean => source.__typename === 'DirectSource';

/** Those that a workload gets: what has no value is no part of them, and is named as unresolved. */
export const delivered = <Row extends { readonly value?: string | null; readonly data?: string | null } & Resolved>(
  rows: readonly Row[],
  show: string,
): readonly Row[] =>
  rows
    .filter((row) => show === 'all' || isOwn(row) === (show === 'this'))
    .filter((row) => row.masked || (row.value ?? row.data ?? null) !== null);
