import type { Resolution, ResolvedFile, ResolvedVariable, Scope, UnresolvedReference } from './types.ts';

/** Texts one after another, each behind its length: no two different sequences give the same text. */
function written(texts: readonly string[]): string {
  let all = '';
  for (const text of texts) all += `${text.length}:${text}`;
  return all;
}

export const variableText = ({ name, value, error }: Pick<ResolvedVariable, 'name' | 'value' | 'error'>): string =>
  error === null
    ? written([name, 'value', value ?? ''])
    : written([name, 'error', error.code, String(error.path.length), ...error.path]);

export function contentsText(contents: ReadonlyMap<string, ResolvedFile>, render: Resolution['render']): string {
  let all = written([String(contents.size)]);
  for (const file of contents.values()) all += written(fileFacts(file, render));
  return all;
}

export function unresolvedText(unresolved: readonly UnresolvedReference[]): string {
  let all = written([String(unresolved.length)]);
  for (const { name, reference, reason } of unresolved) all += written([name, reference, reason]);
  return all;
}

/** The pieces of an outcome in their order: of variables the texts by name, of the rest each part as one. */
export interface Pieces {
  readonly scope: Scope;
  readonly count: number;
  readonly variables: string;
  readonly files: string;
  readonly mounts: string;
  readonly unresolved: string;
}

export const textOfPieces = ({ scope, count, variables, files, mounts, unresolved }: Pieces): string =>
  headOf(scope, count) + variables + files + mounts + unresolved;

/** The same for nearly all who are told of one commit. */
let head: { readonly scope: Scope; readonly count: number; readonly text: string } | null = null;

function headOf(scope: Scope, count: number): string {
  if (head?.scope !== scope || head.count !== count)
    head = { scope, count, text: written(['keyloom-resolution-2', scope, String(count)]) };
  return head.text;
}

/**
 * What a workload gets, as an unambiguous text: equal texts mean that nothing changed for it. Types, where a value was written
 * and what a person is warned of are left out, since they change nothing in what is delivered.
 */
export function canonicalText(resolution: Omit<Resolution, 'canonical' | 'laid'>): string {
  const { scope, variables, files, mounts, unresolved, render } = resolution;
  let texts = '';
  for (const variable of variables.values()) texts += variableText(variable);
  return textOfPieces({
    scope,
    count: variables.size,
    variables: texts,
    files: contentsText(files, render),
    mounts: contentsText(mounts, render),
    unresolved: unresolvedText(unresolved),
  });
}

/** A file as texts: its content's hash and what its references draw in stand for the content itself. */
export function fileFacts({ name, entry, error }: ResolvedFile, render: Resolution['render']): readonly string[] {
  const head = [name, entry.hash, entry.encoding];
  if (error !== null) return [...head, 'error', error.code, String(error.path.length), ...error.path];
  const references = entry.encoding === 'binary' ? [] : entry.references;
  return [...head, 'references', String(references.length), ...references.map((raw) => render(raw) ?? '')];
}
