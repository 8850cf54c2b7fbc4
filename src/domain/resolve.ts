import { byCodePoint } from '../kernel/ids.ts';
import { canonicalBytes } from './canonical.ts';
import { drawnText, errorOf, expand } from './expand.ts';
import { type Gathered, gather } from './gather.ts';
import { contentNodes, edgeOf, type Names, type Node, referenceRoom, variableNodes } from './graph.ts';
import type { VariableContent } from './layer.ts';
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

/**
 * What a workload gets in one scope. BUILD draws on groups for arguments, on build arguments and build files, and has mounts;
 * RUNTIME draws on groups for the environment, on variables and files, and has no mounts. Pure: equal inputs give equal
 * results in whatever order groups and maps come.
 */
export function resolve(input: ResolutionInput, options: ResolveOptions = {}): Resolution {
  const { limits = LIMITS, scan = scanTemplate } = options;
  const gathered = gather(input);
  const take = referenceRoom(limits.references);
  const names = variableNodes(gathered.variables, input.globals, scan, take);
  const files = contentNodes(gathered.files, names, scan, take);
  const mounts = contentNodes(gathered.mounts, names, scan, take);
  expand([...names.variables.values()], [...files.values(), ...mounts.values()], limits);
  const variables = new Map<string, ResolvedVariable>();
  for (const [name, merged] of byName(gathered.variables)) {
    const node = names.variables.get(name);
    if (node !== undefined) variables.set(name, resolvedVariable(node, merged));
  }
  const facts = {
    scope: input.scope,
    variables,
    files: resolvedFiles(gathered.files, files),
    mounts: resolvedFiles(gathered.mounts, mounts),
    warnings: warningsOf(gathered, variables),
    unresolved: [...unresolvedVariables(gathered, names), ...unresolvedIn(files), ...unresolvedIn(mounts)],
    render: (text: string) => render(text, names, limits),
  };
  let bytes: Uint8Array | null = null;
  const canonical = (): Uint8Array => {
    bytes ??= canonicalBytes(facts);
    return bytes;
  };
  return { ...facts, canonical };
}

function byName<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => byCodePoint(a, b));
}

type Contents = ReadonlyMap<string, Merged<FileEntry>>;
type Nodes = ReadonlyMap<string, Node>;

function resolvedVariable(node: Node, merged: Merged<VariableContent>): ResolvedVariable {
  const { name, type, draws } = node;
  const { source, type: own } = merged.entry;
  return { name, value: node.text, type, own: own ?? type, draws, source, error: errorOf(node) };
}

function resolvedFiles(contents: Contents, nodes: Nodes): ReadonlyMap<string, ResolvedFile> {
  const files = new Map<string, ResolvedFile>();
  for (const [name, node] of nodes) {
    const merged = contents.get(name);
    if (merged === undefined) continue;
    const { content, source, type: own } = merged.entry;
    const { type, draws } = node;
    files.set(name, { name, entry: content, type, own: own ?? type, draws, source, error: errorOf(node) });
  }
  return files;
}

function warningsOf(gathered: Gathered, variables: ReadonlyMap<string, unknown>): readonly ResolutionWarning[] {
  const warnings = [
    ...caseTwinWarnings('variable', variables.keys()),
    ...shellNameWarnings(variables.keys()),
    ...caseTwinWarnings('file', gathered.files.keys()),
    ...folderWarnings(gathered.files.keys()),
  ];
  for (const [name, merged] of gathered.variables) {
    warnings.push(...mergeWarnings('variable', name, merged), ...linkWarnings(name, merged));
  }
  for (const [name, merged] of gathered.files) warnings.push(...mergeWarnings('file', name, merged));
  for (const [name, merged] of gathered.mounts) warnings.push(...mergeWarnings('mount', name, merged));
  return sortedWarnings(warnings);
}

function unresolvedVariables(gathered: Gathered, names: Names): readonly UnresolvedReference[] {
  return byName(gathered.variables).flatMap(([name, { entry }]) => {
    const node = names.variables.get(name);
    if (node !== undefined) return unresolvedOf(node);
    const { source, content } = entry;
    if (source.kind !== 'addon' || content.available) return [];
    const reference = `${source.addonKind}/${source.addonId}/${source.keyName}`;
    const { reason, detail } = content;
    return [detail === undefined ? { name, reference, reason } : { name, reference, reason, detail }];
  });
}

const unresolvedIn = (nodes: Nodes): readonly UnresolvedReference[] => [...nodes.values()].flatMap(unresolvedOf);

/** In text order; a reference that a text repeats is listed once. */
function unresolvedOf(node: Node): readonly UnresolvedReference[] {
  if (node.edges.length === 0) return [];
  const byReference = new Map<string, UnresolvedReference>();
  for (const edge of node.edges) {
    if (edge.kind === 'nothing')
      byReference.set(edge.raw, { name: node.name, reference: edge.raw, reason: edge.reason });
  }
  return [...byReference.values()];
}

function render(text: string, names: Names, limits: Limits): string | null {
  const pieces = scanTemplate(text);
  const most = pieces.every((piece) => typeof piece === 'string') ? Number.POSITIVE_INFINITY : limits.resultBytes;
  const parts: string[] = [];
  let size = 0;
  for (const piece of pieces) {
    const part = typeof piece === 'string' ? piece : drawnText(edgeOf(piece, names));
    if (part === null) return null;
    size += utf8Size(part);
    if (size > most) return null;
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
