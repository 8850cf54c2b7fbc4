import type { Api } from './api.ts';
import { Failure } from './failure.ts';
import type { OfflineOptions } from './offline.ts';
import type { Entry, Place, Resolved } from './resolved.ts';
import { printable } from './text.ts';

export interface WorkloadOptions {
  readonly project?: string;
  readonly projectId?: string;
  readonly service?: string;
  readonly job?: string;
  readonly scope: string;
}

/** Which workload is meant: named, or the one that the token is of. */
export async function placeOf(api: Api, options: WorkloadOptions): Promise<Place> {
  const scope = options.scope === 'build' ? 'BUILD' : 'RUNTIME';
  const project = options.project ?? options.projectId ?? process.env.KEYLOOM_PROJECT;
  if (options.service !== undefined && options.job !== undefined) {
    throw new Failure('usage', 'give --service or --job, not both');
  }
  const id = options.service ?? options.job;
  if (project !== undefined && id !== undefined) {
    return { project, kind: options.job === undefined ? 'SERVICE' : 'JOB', id, scope };
  }
  const { viewer } = await api.ask<{ viewer: { workload: Omit<Place, 'scope'> | null } }>(
    '{ viewer { workload { project kind id } } }',
  );
  if (viewer.workload === null || id !== undefined || project !== undefined) {
    throw new Failure('usage', 'missing workload: give --project and --service or --job');
  }
  const { project: own, kind, id: ownId } = viewer.workload;
  return { project: own, kind, id: ownId, scope };
}

const RESOLVED = `seq digest
  variables { name value masked error { code } } files { path data masked error { code } } unresolved { name reference }`;

/** `fields` of the environment of a workload; a Failure when there is none. `more`: variables that they need. */
export async function askEnvironment<T>(
  api: Api,
  { project, kind, id, scope }: Place,
  fields: string,
  more: { readonly declared: string; readonly variables: object } = { declared: '', variables: {} },
): Promise<T> {
  const noun = kind === 'SERVICE' ? 'service' : 'job';
  const { project: found } = await api.ask<{ project: { it: { environment: T } | null } | null }>(
    `query Environment($project: Slug!, $id: ID!, $scope: Scope!${more.declared}) {
      project(slug: $project) { it: ${noun}(id: $id) { environment(scope: $scope) { ${fields} } } } }`,
    { project, id, scope, ...more.variables },
  );
  if (!found?.it)
    throw new Failure('notFound', printable(`there is no ${noun} ${id} in ${project}, or you may not see it`));
  return found.it.environment;
}

export interface Chosen {
  readonly offline?: boolean;
  readonly maxAge?: string;
  readonly only?: string;
  readonly allowUnresolved?: boolean;
}

const listOf = (names: string | undefined): readonly string[] | null =>
  names === undefined ? null : names.split(',').map((name) => name.trim());

/** The environment with a value for everything in it, or a Failure that names what has none. */
export async function resolve(
  api: Api,
  place: Place,
  chosen: Chosen,
  say: OfflineOptions['say'] = () => {},
): Promise<Complete> {
  const { only, allowUnresolved = false } = chosen;
  const resolved = await fetched(api, place, chosen, say);
  const wanted = listOf(only);
  const isWanted = (name: string): boolean => wanted === null || wanted.includes(name);
  const missing = wanted?.filter((name) => !resolved.variables.some((it) => it.name === name)) ?? [];
  if (missing.length > 0) throw new Failure('notFound', printable(`it has no ${missing.join(', ')}`));
  const variables = resolved.variables.filter(({ name }) => isWanted(name));
  const files = wanted === null ? resolved.files : [];
  const names = [...variables.map(named(({ name }) => name)), ...files.map(named(({ path }) => path))];
  refuse(
    'access',
    'you may not read',
    names.filter(({ masked }) => masked).map(({ name }) => name),
  );
  if (!allowUnresolved) {
    const faulty = names.filter(({ error }) => error !== null).map(({ name, error }) => `${name} (${error?.code})`);
    const open = resolved.unresolved
      .filter(({ name }) => isWanted(name))
      .map(({ name, reference }) => (reference === null ? name : `${name} (${reference})`));
    refuse('unresolved', 'not resolved (--allow-unresolved goes ahead):', [...faulty, ...open]);
  }
  return {
    seq: resolved.seq,
    digest: resolved.digest,
    variables: variables.flatMap(({ name, value }) => (value === null ? [] : [{ name, value }])),
    files: files.flatMap(({ path, data }) => (data === null ? [] : [{ path, data }])),
  };
}

async function fetched(
  api: Api,
  place: Place,
  { offline, maxAge = '24h' }: Chosen,
  say: OfflineOptions['say'],
): Promise<Resolved> {
  const fetch = (): Promise<Resolved> => askEnvironment<Resolved>(api, place, RESOLVED);
  if (!offline) return fetch();
  const { maxAgeOf, orKept } = await import('./offline.ts');
  return orKept(api, place, { maxAgeMs: maxAgeOf(maxAge), say }, fetch);
}

export interface Complete {
  readonly seq: number;
  readonly digest: string;
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  /** Contents in base64. */
  readonly files: readonly { readonly path: string; readonly data: string }[];
}

const named =
  <T extends Pick<Entry, 'masked' | 'error'>>(nameOf: (it: T) => string) =>
  (it: T) => ({ name: nameOf(it), masked: it.masked, error: it.error });

function refuse(reason: 'access' | 'unresolved', words: string, names: readonly string[]): void {
  if (names.length > 0) throw new Failure(reason, printable(`${words} ${names.join(', ')}`));
}
