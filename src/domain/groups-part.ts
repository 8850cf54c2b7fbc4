import { contentsText, type Pieces, textOfPieces, unresolvedText, variableText } from './canonical.ts';
import { lowered } from './clashes.ts';
import { templateBytes } from './expand.ts';
import type { Node } from './graph.ts';
import { LIMITS, type Limits } from './limits.ts';
import {
  byName,
  type Evaluated,
  evaluate,
  outcomeOf,
  type ResolveOptions,
  unresolvedIn,
  unresolvedVariables,
} from './resolve.ts';
import { type Scan, scanTemplate } from './template.ts';
import type { DirectValues, Resolution, ResolutionInput, UnresolvedReference } from './types.ts';

/** What all workloads to which the same groups apply get before their own values, and what it takes to lay these over it. */
export interface GroupsPart extends Evaluated {
  readonly resolution: Resolution;
  readonly limits: Limits;
  readonly scan: Scan;
  /** Names in references of any text, whether they lead anywhere or not. */
  readonly referred: ReadonlySet<string>;
  /** Of variables, by lower case; null: several that are twins. */
  readonly lowered: ReadonlyMap<string, string | null>;
  readonly references: number;
  readonly templateBytes: ReadonlyMap<string, number>;
  /** Names of variables in order, and where the canonical text of each begins; at last, where all end. */
  readonly sorted: readonly string[];
  readonly starts: readonly number[];
  readonly pieces: Pieces;
  readonly unresolved: Readonly<Record<'variables' | 'files' | 'mounts', readonly UnresolvedReference[]>>;
  /** About what it takes in memory. */
  readonly bytes: number;
}

const NOTHING: DirectValues = {
  variables: new Map(),
  buildArguments: new Map(),
  files: new Map(),
  buildFiles: new Map(),
};

/** Of a node with its place in the maps of a part, beside its texts. */
const NODE_BYTES = 1_100;
const PART_BYTES = 4_000;

/** null: a limit is reached, and which text is past it depends on a workload's own values. */
export function groupsPart(input: ResolutionInput, options: ResolveOptions = {}): GroupsPart | null {
  const { limits = LIMITS, scan = scanTemplate } = options;
  const workload = { ...input.workload, direct: () => NOTHING };
  const evaluated = evaluate({ ...input, workload }, options);
  const { gathered, names, files, mounts } = evaluated;
  const nodes = [...names.variables.values(), ...files.values(), ...mounts.values()];
  if (nodes.some(({ overTotal }) => overTotal)) return null;
  const resolution = outcomeOf(evaluated, input.scope, limits);
  const texts = [...resolution.variables.values()].map(variableText);
  const starts = [0];
  for (const text of texts) starts.push((starts.at(-1) ?? 0) + text.length);
  const unresolved = {
    variables: unresolvedVariables(byName(gathered.variables), names),
    files: unresolvedIn(files),
    mounts: unresolvedIn(mounts),
  };
  const pieces: Pieces = {
    scope: input.scope,
    count: resolution.variables.size,
    variables: texts.join(''),
    files: contentsText(resolution.files, resolution.render),
    mounts: contentsText(resolution.mounts, resolution.render),
    unresolved: unresolvedText(resolution.unresolved),
  };
  return {
    ...evaluated,
    resolution: { ...resolution, canonical: () => textOfPieces(pieces) },
    limits,
    scan,
    referred: namesReferredTo(nodes),
    lowered: byLowered(resolution.variables.keys()),
    references: nodes.reduce((sum, { edges }) => sum + edges.length, 0),
    templateBytes: templateBytes(names.variables.values()),
    sorted: [...resolution.variables.keys()],
    starts,
    pieces,
    unresolved,
    bytes: PART_BYTES + nodes.length * NODE_BYTES + 4 * (pieces.variables.length + pieces.files.length),
  };
}

function namesReferredTo(nodes: readonly Node[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { edges } of nodes) for (const { name } of edges) names.add(name);
  return names;
}

function byLowered(names: Iterable<string>): ReadonlyMap<string, string | null> {
  const found = new Map<string, string | null>();
  for (const name of names) {
    const low = lowered(name);
    found.set(low, found.has(low) ? null : name);
  }
  return found;
}
