import { byCodePoint } from '../kernel/ids.ts';
import { readGlobal } from './global-reference.ts';
import type { VariableContent } from './layer.ts';
import type { Merged } from './merge.ts';
import { type Reference, type Scan, utf8Size } from './template.ts';
import { DRAWS, type FileEntry, type Globals, type ResolutionError, type Sensitivity } from './types.ts';

/** A reference and what it leads to: a variable, the text of a global secret, or nothing, with the reason. */
export type Edge =
  | (Reference & { readonly kind: 'variable'; readonly target: Node })
  | (Reference & { readonly kind: 'global'; readonly text: string; readonly type: Sensitivity })
  | (Reference & { readonly kind: 'nothing'; readonly reason: string; readonly draws: number });

/** A variable or a file in the graph of references. The evaluation fills in its mutable part. */
export interface Node {
  readonly name: string;
  /** Literal stretches and references in order; of a file, references alone. */
  readonly pieces: readonly (string | Edge)[];
  readonly edges: readonly Edge[];
  /** Nodes that refer to this one, once for each reference. */
  readonly dependents: Node[];
  /** Bytes of the literal stretches. */
  readonly literalSize: () => number;
  type: Sensitivity;
  /** Of `DRAWS`. */
  draws: number;
  depth: number;
  steps: number;
  size: number;
  error: ResolutionError['code'] | null;
  /** In error by itself, through what the environment comes to in all, not through what it refers to. */
  overTotal: boolean;
  text: string | null;
}

/** The look-up of names that a text of one environment sees. */
export interface Lookup {
  readonly variables: Pick<ReadonlyMap<string, Node>, 'get'>;
  /** Keys won by a linked addon key without a value. */
  readonly unavailable: ReadonlySet<string>;
  readonly globals: Globals;
}

export interface Names extends Lookup {
  readonly variables: ReadonlyMap<string, Node>;
}

interface Draft extends Node {
  pieces: readonly (string | Edge)[];
  edges: readonly Edge[];
  literalSize: () => number;
}

const NO_EDGES: readonly Edge[] = [];

/**
 * Takes the references of one text; false: there is no room for them, nor for those of any later text. Sources of the two types
 * have rooms of their own, so that nothing that one may see depends on how much there is of what one may not.
 */
export type TakeReferences = (type: Sensitivity, count: number) => boolean;

export function referenceRoom(limit: number): TakeReferences {
  const left = { secret: limit, config: limit };
  return (type, count) => {
    left[type] -= count;
    return left[type] >= 0;
  };
}

/** One node for each variable with a text, linked by their references. Each winning template is scanned once. */
export function variableNodes(
  merged: ReadonlyMap<string, Merged<VariableContent>>,
  globals: Globals,
  scan: Scan,
  take: TakeReferences,
): Names {
  const variables = new Map<string, Node>();
  const unavailable = new Set<string>();
  const templates: { readonly node: Draft; readonly text: string }[] = [];
  for (const [name, { entry }] of merged) {
    if (!entry.content.available) {
      unavailable.add(name);
      continue;
    }
    const { text, template } = entry.content;
    const node = literalNode(name, text, entry.type ?? 'config');
    variables.set(name, node);
    if (template && text.includes('${')) templates.push({ node, text });
  }
  const names = { variables, unavailable, globals };
  for (const { node, text } of templates.sort((a, b) => byCodePoint(a.node.name, b.node.name))) {
    // Past the limit nothing is scanned any more.
    const pieces = take(node.type, 0) ? scan(text) : null;
    if (pieces !== null && take(node.type, pieces.filter(isReference).length)) link(node, pieces, names);
    else refuse(node);
  }
  return names;
}

/**
 * A node for a file's references; its text stays in the store. A file is judged as a variable with its text would be, save
 * that its literal part counts as written, escapes included.
 */
function fileNode(name: string, { entry }: Merged<FileEntry>, names: Names, scan: Scan, take: TakeReferences): Node {
  const node = literalNode(name, '', entry.type ?? 'config');
  const listed = entry.content.encoding === 'binary' ? 0 : entry.content.references.length;
  // Without a reference nothing is expanded: how large such a file may be is decided when it is written.
  if (listed === 0) return node;
  if (!take(node.type, listed)) {
    refuse(node);
    return node;
  }
  fillFile(node, entry.content, names, scan, link);
  return node;
}

/** Of files or of mounts, by name. */
export const contentNodes = (
  contents: ReadonlyMap<string, Merged<FileEntry>>,
  names: Names,
  scan: Scan,
  take: TakeReferences,
): ReadonlyMap<string, Node> =>
  new Map(
    [...contents]
      .sort(([a], [b]) => byCodePoint(a, b))
      .map(([name, merged]) => [name, fileNode(name, merged, names, scan, take)]),
  );

/** The references that a file's entry lists; a binary file has none. */
function fileReferences(file: FileEntry, scan: Scan): readonly Reference[] {
  if (file.encoding === 'binary') return [];
  return file.references.flatMap((raw) => scan(raw).filter((piece) => typeof piece !== 'string'));
}

const isReference = (piece: string | Reference): piece is Reference => typeof piece !== 'string';

function refuse(node: Draft): void {
  node.error = 'TOO_LARGE';
  node.overTotal = true;
  node.pieces = [];
  node.literalSize = () => 0;
  node.text = null;
}

function literalNode(name: string, text: string, type: Sensitivity): Draft {
  return {
    name,
    pieces: [text],
    edges: NO_EDGES,
    dependents: [],
    literalSize: () => utf8Size(text),
    type,
    draws: 0,
    depth: 0,
    steps: 0,
    size: 0,
    error: null,
    overTotal: false,
    text,
  };
}

function link(node: Draft, pieces: readonly (string | Reference)[], names: Lookup): void {
  refer(node, pieces, names);
  for (const edge of node.edges) if (edge.kind === 'variable') edge.target.dependents.push(node);
}

/** The same, of which what is referred to knows nothing. */
function refer(node: Draft, pieces: readonly (string | Reference)[], names: Lookup): void {
  const edges: Edge[] = [];
  node.pieces = pieces.map((piece) => {
    if (typeof piece === 'string') return piece;
    const edge = edgeOf(piece, names);
    edges.push(edge);
    if (edge.kind === 'global') {
      node.draws |= DRAWS[edge.type];
      if (edge.type === 'secret') node.type = 'secret';
    } else if (edge.kind === 'nothing') node.draws |= edge.draws;
    return edge;
  });
  node.edges = edges;
  node.literalSize = () =>
    node.pieces.reduce<number>((sum, piece) => (typeof piece === 'string' ? sum + utf8Size(piece) : sum), 0);
  node.text = null;
}

/** A variable of a workload's own over a graph that stays as it is: nothing in there refers to it. */
export function ownVariableNode(name: string, text: string, names: Lookup, scan: Scan): Node {
  const node = literalNode(name, text, 'secret');
  if (text.includes('${')) refer(node, scan(text), names);
  return node;
}

/** The same for a file. */
export function ownFileNode(name: string, file: FileEntry, names: Lookup, scan: Scan): Node {
  const node = literalNode(name, '', 'secret');
  if (file.encoding !== 'binary' && file.references.length > 0) fillFile(node, file, names, scan, refer);
  return node;
}

function fillFile(node: Draft, file: FileEntry, names: Lookup, scan: Scan, connect: typeof link): void {
  const references = fileReferences(file, scan);
  connect(node, references, names);
  const size = references.reduce((rest, { raw }) => rest - utf8Size(raw), file.size);
  node.literalSize = () => Math.max(0, size);
  node.text = '';
}

/** What a reference leads to. Names are looked up in maps, so `constructor` is a name like any other. */
export function edgeOf(reference: Reference, names: Lookup): Edge {
  const { raw, name } = reference;
  const draw = readGlobal(name, names.globals);
  if (draw?.ok === true) return { kind: 'global', raw, name, text: draw.text, type: draw.type };
  if (draw !== null) return { kind: 'nothing', raw, name, reason: draw.reason, draws: DRAWS[draw.type ?? 'missing'] };
  const target = names.variables.get(name);
  if (target !== undefined) return { kind: 'variable', raw, name, target };
  return {
    kind: 'nothing',
    raw,
    name,
    reason: names.unavailable.has(name) ? 'LINK_UNAVAILABLE' : 'UNKNOWN_VARIABLE',
    draws: 0,
  };
}
