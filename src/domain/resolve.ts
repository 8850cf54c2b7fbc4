import { byCodePoint } from '../kernel/ids.ts';
import { canonicalText } from './canonical.ts';
import { drawnText, errorOf, expand } from './expand.ts';
import { type Gathered, gather } from './gather.ts';
import { contentNodes, edgeOf, type Lookup, type Names, type Node, referenceRoom, variableNodes } from './graph.ts';
import type { Entry, VariableContent } from './layer.ts';
import { LIMITS, type Limits } from './limits.ts';
import type { Merged } from './merge.ts';
import { type Scan, scanTemplate, utf8Size } from './template.ts';
import type {
  FileEntry,
  Resolution,
  ResolutionInput,
  ResolutionWarning,
  ResolvedFile,
  ResolvedVariable,
  Scope,
  UnresolvedReference,
} from './types.ts';
import {
  caseTwinWarnings,
  folderWarnings,
  linkWarnings,
  mergeWarnings,
  shellNameWarnings,
  sortedWarnings,
} from './warn.ts';

export interface ResolveOptions {
  readonly limits?: Limits;
  readonly scan?: Scan;
}

/** The graph of one environment, judged. */
export interface Evaluated {
  readonly gathered: Gathered;
  readonly names: Names;
  readonly files: Nodes;
  readonly mounts: Nodes;
}

export function evaluate(input: ResolutionInput, { limits = LIMITS, scan = scanTemplate }: ResolveOptions): Evaluated {
  const gathered = gather(input);
  const take = referenceRoom(limits.references);
  const names = variableNodes(gathered.variables, input.globals, scan, take);
  const files = contentNodes(gathered.files, names, scan, take);
  const mounts = contentNodes(gathered.mounts, names, scan, take);
  expand([...names.variables.values()], [...files.values(), ...mounts.values()], limits);
  return { gathered, names, files, mounts };
}

/**
 * What a workload gets in one scope. BUILD draws on groups for arguments, on build arguments and build files, and has mounts;
 * RUNTIME draws on groups for the environment, on variables and files, and has no mounts. Pure: equal inputs give equal
 * results in whatever order groups and maps come.
 */
export const resolve = (input: ResolutionInput, options: ResolveOptions = {}): Resolution =>
  outcomeOf(evaluate(input, options), input.scope, options.limits);

export function outcomeOf(evaluated: Evaluated, scope: Scope, limits: Limits = LIMITS): Resolution {
  const { gathered, names, files, mounts } = evaluated;
  const sorted = byName(gathered.variables);
  const variables = new Map<string, ResolvedVariable>();
  for (const [name, merged] of sorted) {
    const node = names.variables.get(name);
    if (node !== undefined) variables.set(name, resolvedVariable(node, merged.entry));
  }
  const facts = {
    scope,
    variables,
    files: resolvedFiles(gathered.files, files),
    mounts: resolvedFiles(gathered.mounts, mounts),
    warnings: warningsOf(gathered, variables),
    unresolved: [...unresolvedVariables(sorted, names), ...unresolvedIn(files), ...unresolvedIn(mounts)],
    render: (text: string) => render(text, names, limits),
  };
  return { ...facts, canonical: () => canonicalText(facts) };
}

export function byName<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => byCodePoint(a, b));
}

type Contents = ReadonlyMap<string, Merged<FileEntry>>;
type Nodes = ReadonlyMap<string, Node>;

export function resolvedVariable(
  node: Node,
  { source, type: own }: Pick<Entry<unknown>, 'source' | 'type'>,
): ResolvedVariable {
  const { name, type, draws } = node;
  return { name, value: node.text, type, own: own ?? type, draws, source, error: errorOf(node) };
}

function resolvedFiles(contents: Contents, nodes: Nodes): ReadonlyMap<string, ResolvedFile> {
  const files = new Map<string, ResolvedFile>();
  for (const [name, node] of nodes) {
    const merged = contents.get(name);
    if (merged === undefined) continue;
    files.set(name, resolvedFile(node, merged.entry));
  }
  return files;
}

export function resolvedFile(node: Node, { content, source, type: own }: Entry<FileEntry>): ResolvedFile {
  const { name, type, draws } = node;
  return { name, entry: content, type, own: own ?? type, draws, source, error: errorOf(node) };
}

const warningsOf = (gathered: Gathered, variables: ReadonlyMap<string, unknown>): readonly ResolutionWarning[] =>
  sortedWarnings([
    ...caseTwinWarnings('variable', variables.keys()),
    ...shellNameWarnings(variables.keys()),
    ...variableWarnings(gathered.variables),
    ...fileWarnings(gathered.files),
    ...mountWarnings(gathered.mounts),
  ]);

/** About who won which variable. */
export const variableWarnings = (variables: Gathered['variables']): readonly ResolutionWarning[] =>
  [...variables].flatMap(([name, merged]) => [
    ...mergeWarnings('variable', name, merged),
    ...linkWarnings(name, merged),
  ]);

export const fileWarnings = (files: Contents): readonly ResolutionWarning[] => [
  ...caseTwinWarnings('file', files.keys()),
  ...folderWarnings(files.keys()),
  ...[...files].flatMap(([name, merged]) => mergeWarnings('file', name, merged)),
];

export const mountWarnings = (mounts: Contents): readonly ResolutionWarning[] =>
  [...mounts].flatMap(([name, merged]) => mergeWarnings('mount', name, merged));

/** In the order of the names. */
export function unresolvedVariables(
  sorted: readonly (readonly [string, Merged<VariableContent>])[],
  names: Names,
): readonly UnresolvedReference[] {
  return sorted.flatMap(([name, { entry }]) => {
    const node = names.variables.get(name);
    if (node !== undefined) return unresolvedOf(node);
    const { source, content } = entry;
    if (source.kind !== 'addon' || content.available) return [];
    const reference = `${source.addonKind}/${source.addonId}/${source.keyName}`;
    const { reason, detail } = content;
    return [detail === undefined ? { name, reference, reason } : { name, reference, reason, detail }];
  });
}

export const unresolvedIn = (nodes: Nodes): readonly UnresolvedReference[] => [...nodes.values()].flatMap(unresolvedOf);

/** In text order; a reference that a text repeats is listed once. */
export function unresolvedOf(node: Node): readonly UnresolvedReference[] {
  if (node.edges.length === 0) return [];
  const byReference = new Map<string, UnresolvedReference>();
  for (const edge of node.edges) {
    if (edge.kind === 'nothing')
      byReference.set(edge.raw, { name: node.name, reference: edge.raw, reason: edge.reason });
  }
  return [...byReference.values()];
}

export function render(text: string, names: Lookup, limits: Limits): string | null {
  const pieces = scanTemplate(text);
  const max = pieces.every((piece) => typeof piece === 'string') ? Number.POSITIVE_INFINITY : limits.resultBytes;
  const parts: string[] = [];
  let size = 0;
  for (const piece of pieces) {
    const part = typeof piece === 'string' ? piece : drawnText(edgeOf(piece, names));
    if (part === null) return null;
    size += utf8Size(part);
    if (size > max) return null;
    parts.push(part);
  }
  return parts.join('');
}

/** Links marked as required that won a key and have no value for it: then the workload must not be given anything. */
export function missingRequired(input: ResolutionInput): readonly UnresolvedReference[] {
  return byName(gather(input).variables).flatMap(([name, { entry }]) => {
    const { source, content } = entry;
    if (content.available || !content.required || source.kind !== 'addon') return [];
    const reference = `${source.addonKind}/${source.addonId}/${source.keyName}`;
    return [{ name, reference, reason: content.reason }];
  });
}
