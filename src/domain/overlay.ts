import { byCodePoint, placeIn } from '../kernel/ids.ts';
import { contentsText, textOfPieces, unresolvedText, variableText } from './canonical.ts';
import { lowered } from './clashes.ts';
import { expandOver } from './expand.ts';
import { type Lookup, type Node, ownFileNode, ownVariableNode } from './graph.ts';
import type { GroupsPart } from './groups-part.ts';
import { directContents, directVariables, type Layer, type VariableContent } from './layer.ts';
import type { Limits } from './limits.ts';
import { type Merged, mergeLayers } from './merge.ts';
import {
  fileWarnings,
  mountWarnings,
  render,
  resolvedFile,
  resolvedVariable,
  unresolvedOf,
  variableWarnings,
} from './resolve.ts';
import type {
  DirectValues,
  FileEntry,
  Laid,
  Resolution,
  ResolutionWarning,
  ResolvedFile,
  ResolvedVariable,
  UnresolvedReference,
} from './types.ts';
import { caseTwinWarnings, linkWarnings, mergeWarnings, shellNameWarnings, sortedWarnings } from './warn.ts';

/** A workload's own values in the scope of a part, judged over it. By name, in order. */
interface Own {
  readonly variables: Layer<VariableContent>;
  readonly files: Layer<FileEntry>;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly fileNodes: ReadonlyMap<string, Node>;
  readonly resolved: Pick<Laid, 'variables' | 'files' | 'isLiteral'>;
  /** What they were held to. */
  readonly limits: Limits;
}

/** Those that refer to nothing are the same over whatever part: kept as long as the values themselves. By scope. */
const literals = new WeakMap<DirectValues, { readonly build: Own | null; readonly runtime: Own | null }>();
const NONE_KEPT = { build: null, runtime: null };

/**
 * What a workload gets, from what its groups give: the same as the whole resolution. Costs what its own values cost. null where
 * these change more than themselves: one is referred to, has a twin in another case, or a limit is reached with them.
 */
export function layOver(part: GroupsPart, direct: DirectValues): Resolution | null {
  const kept = literals.get(direct) ?? NONE_KEPT;
  const scope = part.resolution.scope === 'BUILD' ? 'build' : 'runtime';
  const known = kept[scope];
  const isBuild = scope === 'build';
  const variables = isBuild ? direct.buildArguments : direct.variables;
  if (!standsAlone(part, variables)) return null;
  if (known?.limits === part.limits && part.references <= part.limits.references && isPartWithinTotal(part)) {
    return new Overlaid(part, known);
  }
  const files = isBuild ? direct.buildFiles : direct.files;
  const nodes = new Map(inOrder(variables, (name, text) => ownVariableNode(name, text, part.names, part.scan)));
  const fileNodes = new Map(inOrder(files, (name, file) => ownFileNode(name, file, part.names, part.scan)));
  const all = [...nodes.values(), ...fileNodes.values()];
  if (all.some(({ edges }) => edges.some(({ name }) => variables.has(name)))) return null;
  const references = all.reduce((sum, { edges }) => sum + edges.length, part.references);
  if (references > part.limits.references) return null;
  for (const node of all) expandOver(node, part.limits);
  if (!isWithinTotal(part, nodes.values())) return null;
  const own = ownOf(directVariables(variables), directContents(files), { nodes, fileNodes, limits: part.limits });
  if (own.resolved.isLiteral) literals.set(direct, { ...kept, [scope]: own });
  return new Overlaid(part, own);
}

function ownOf(
  variables: Own['variables'],
  files: Own['files'],
  judged: Pick<Own, 'nodes' | 'fileNodes' | 'limits'>,
): Own {
  const { nodes, fileNodes } = judged;
  const made = { variables: new Map<string, ResolvedVariable>(), files: new Map<string, ResolvedFile>() };
  for (const [name, node] of nodes) {
    const entry = variables.entries.get(name);
    if (entry) made.variables.set(name, resolvedVariable(node, entry));
  }
  for (const [name, node] of fileNodes) {
    const entry = files.entries.get(name);
    if (entry) made.files.set(name, resolvedFile(node, entry));
  }
  const isLiteral = ![...nodes.values(), ...fileNodes.values()].some(({ edges }) => edges.length > 0);
  return { variables, files, ...judged, resolved: { ...made, isLiteral } };
}

const inOrder = <T>(entries: ReadonlyMap<string, T>, make: (name: string, entry: T) => Node) =>
  [...entries].sort(([a], [b]) => byCodePoint(a, b)).map(([name, entry]) => [name, make(name, entry)] as const);

/** Whether nothing refers to these names, and none looks like another. */
function standsAlone(part: GroupsPart, own: ReadonlyMap<string, unknown>): boolean {
  const seen = own.size > 1 ? new Set<string>() : null;
  for (const name of own.keys()) {
    const low = lowered(name);
    const held = part.lowered.get(low);
    if (part.referred.has(name) || seen?.has(low) || (held !== undefined && held !== name)) return false;
    seen?.add(low);
  }
  return true;
}

function isPartWithinTotal({ templateBytes, limits }: GroupsPart): boolean {
  for (const total of templateBytes.values()) if (total > limits.totalBytes) return false;
  return true;
}

/** With own values. Counts what is hidden as well: then a whole resolution is made that might not have been needed. */
function isWithinTotal({ templateBytes, limits }: GroupsPart, own: Iterable<Node>): boolean {
  const totals = new Map(templateBytes);
  for (const { edges, error, type, draws, size } of own) {
    if (edges.length === 0 || error !== null) continue;
    const viewers = `${type} ${draws}`;
    totals.set(viewers, (totals.get(viewers) ?? 0) + size);
  }
  return [...totals.values()].every((total) => total <= limits.totalBytes);
}

/** Two maps that are in order as one; what stands in `over` hides what stands under it. */
function merged<T>(under: ReadonlyMap<string, T>, over: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  if (over.size === 0) return under;
  const all = new Map<string, T>();
  const waiting = [...over];
  let next = 0;
  for (const [name, entry] of under) {
    for (let own = waiting[next]; own && byCodePoint(own[0], name) <= 0; own = waiting[next]) {
      all.set(own[0], own[1]);
      next += 1;
    }
    if (!over.has(name)) all.set(name, entry);
  }
  for (const [name, entry] of waiting.slice(next)) all.set(name, entry);
  return all;
}

/** Put together as far as it is asked for. */
class Overlaid implements Resolution {
  readonly scope: Resolution['scope'];
  readonly laid: Laid;
  readonly #part: GroupsPart;
  readonly #own: Own;
  #variables: Resolution['variables'] | null = null;
  #files: Resolution['files'] | null = null;

  constructor(part: GroupsPart, own: Own) {
    this.scope = part.resolution.scope;
    this.#part = part;
    this.#own = own;
    // Field by field: thousands are laid over one part, and a copy by spreading costs as much as all the rest of it.
    const { variables, files, isLiteral } = own.resolved;
    this.laid = { over: part.resolution, variables, files, isLiteral };
  }

  get variables(): Resolution['variables'] {
    this.#variables ??= merged(this.laid.over.variables, this.laid.variables);
    return this.#variables;
  }

  get files(): Resolution['files'] {
    this.#files ??= merged(this.laid.over.files, this.laid.files);
    return this.#files;
  }

  get mounts(): Resolution['mounts'] {
    return this.laid.over.mounts;
  }

  get warnings(): readonly ResolutionWarning[] {
    const { gathered, resolution } = this.#part;
    const { variables, files } = this.#own;
    if (files.entries.size === 0 && ![...variables.entries.keys()].some((name) => this.#movesWarnings(name)))
      return resolution.warnings;
    return sortedWarnings([
      ...caseTwinWarnings('variable', this.variables.keys()),
      ...shellNameWarnings(this.variables.keys()),
      ...variableWarnings(withLayer(variables, gathered.variables)),
      ...fileWarnings(withLayer(files, gathered.files)),
      ...mountWarnings(gathered.mounts),
    ]);
  }

  /** Whether a variable of its own adds to what is warned of, or takes away from it. */
  #movesWarnings(name: string): boolean {
    const hidden = this.#part.gathered.variables.get(name);
    if (!this.laid.over.variables.has(name) && shellNameWarnings([name]).length > 0) return true;
    return (
      hidden !== undefined && [...mergeWarnings('variable', name, hidden), ...linkWarnings(name, hidden)].length > 0
    );
  }

  get unresolved(): readonly UnresolvedReference[] {
    const { resolution, unresolved } = this.#part;
    if (!this.#movesUnresolved()) return resolution.unresolved;
    return [
      ...overUnresolved(unresolved.variables, this.#own.nodes),
      ...overUnresolved(unresolved.files, this.#own.fileNodes),
      ...unresolved.mounts,
    ];
  }

  #movesUnresolved(): boolean {
    const { unresolved } = this.#part;
    const { nodes, fileNodes } = this.#own;
    return (
      (!this.laid.isLiteral &&
        [...nodes.values(), ...fileNodes.values()].some((node) => unresolvedOf(node).length > 0)) ||
      unresolved.variables.some(({ name }) => nodes.has(name)) ||
      unresolved.files.some(({ name }) => fileNodes.has(name))
    );
  }

  get render(): Resolution['render'] {
    const { names, limits } = this.#part;
    const { nodes } = this.#own;
    const variables: Lookup['variables'] = { get: (name) => nodes.get(name) ?? names.variables.get(name) };
    return (text) => render(text, { ...names, variables }, limits);
  }

  get canonical(): Resolution['canonical'] {
    return () => this.#text();
  }

  #text(): string {
    const { sorted, starts, pieces } = this.#part;
    const { laid } = this;
    let { count } = pieces;
    let texts = '';
    let done = 0;
    for (const [name, variable] of laid.variables) {
      const place = placeIn(sorted, name);
      texts += pieces.variables.slice(starts[done], starts[place]) + variableText(variable);
      done = sorted[place] === name ? place + 1 : place;
      if (done === place) count += 1;
    }
    return textOfPieces({
      scope: pieces.scope,
      count,
      variables: texts + pieces.variables.slice(starts[done]),
      files: laid.files.size === 0 ? pieces.files : contentsText(this.files, this.render),
      mounts: pieces.mounts,
      unresolved: this.#movesUnresolved() ? unresolvedText(this.unresolved) : pieces.unresolved,
    });
  }
}

/** A workload's own entries over those that won without them. */
function withLayer<T>(own: Layer<T>, under: ReadonlyMap<string, Merged<T>>): ReadonlyMap<string, Merged<T>> {
  const all = new Map(mergeLayers([own]));
  for (const [name, entry] of under) if (!all.has(name)) all.set(name, entry);
  return all;
}

function overUnresolved(
  under: readonly UnresolvedReference[],
  own: ReadonlyMap<string, Node>,
): readonly UnresolvedReference[] {
  const kept = under.filter(({ name }) => !own.has(name));
  return [...kept, ...[...own.values()].flatMap(unresolvedOf)].sort((a, b) => byCodePoint(a.name, b.name));
}
