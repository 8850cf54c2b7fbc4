import type { ExplainedReference, Explanation } from './explanation.ts';
import { everyGroup, gather } from './gather.ts';
import { contentNodes, type Edge, type Node, referenceRoom, variableNodes } from './graph.ts';
import { excludedGroups, holdersOf } from './holders.ts';
import { LIMITS, type Limits } from './limits.ts';
import { scanTemplate } from './template.ts';
import type { Resolution, ResolutionInput, ResolutionWarning } from './types.ts';
import { caseTwinWarnings, type Kind, linkWarnings, mergeWarnings, shellNameWarnings, sortedWarnings } from './warn.ts';

/** Explains one key of a resolution of the same input and limits, present or absent. No value enters the explanation. */
export function explain(
  input: ResolutionInput,
  resolution: Resolution,
  what: Kind,
  name: string,
  limits: Limits = LIMITS,
): Explanation {
  const { layers, lacking } = holdersOf(input, what, name);
  const [best = null, ...shadowed] = layers;
  const result = resultOf(resolution, what, name);
  const { node, warnings } = traced(input, what, name, limits);
  // For whose references there was no room, none was looked at.
  const winner = best !== null && node?.overTotal ? { ...best, references: 0 } : best;
  const twinWarnings = twinsOf(resolution, what, name);
  return {
    what,
    name,
    scope: input.scope,
    outcome: result === null ? 'ABSENT' : result.error === null ? 'PRESENT' : 'ERROR',
    type: result?.type ?? null,
    error: result?.error ?? null,
    considered: everyGroup(input).length,
    holders: layers.length,
    winner,
    shadowed,
    lacking,
    excluded: excludedGroups(input),
    references: node === null ? [] : reachable(node, resolution),
    twins: twinWarnings.flatMap(({ names }) => names.filter((other) => other !== name)),
    warnings: sortedWarnings([...warnings, ...twinWarnings]),
  };
}

function resultOf(resolution: Resolution, what: Kind, name: string) {
  if (what === 'variable') return resolution.variables.get(name) ?? null;
  return (what === 'file' ? resolution.files : resolution.mounts).get(name) ?? null;
}

function twinsOf(resolution: Resolution, what: Kind, name: string): readonly ResolutionWarning[] {
  if (what === 'mount') return [];
  const { variables, files } = resolution;
  return caseTwinWarnings(what, (what === 'variable' ? variables : files).keys()).filter(({ names }) =>
    names.includes(name),
  );
}

interface Traced {
  readonly node: Node | null;
  readonly warnings: readonly ResolutionWarning[];
}

function traced(input: ResolutionInput, what: Kind, name: string, limits: Limits): Traced {
  const gathered = gather(input);
  const take = referenceRoom(limits.references);
  const names = variableNodes(gathered.variables, input.globals, scanTemplate, take);
  if (what === 'variable') {
    const merged = gathered.variables.get(name);
    const node = names.variables.get(name) ?? null;
    if (merged === undefined) return { node, warnings: [] };
    const odd = node === null ? [] : shellNameWarnings([name]);
    return { node, warnings: [...mergeWarnings(what, name, merged), ...linkWarnings(name, merged), ...odd] };
  }
  const merged = (what === 'file' ? gathered.files : gathered.mounts).get(name);
  if (merged === undefined) return { node: null, warnings: [] };
  const files = contentNodes(gathered.files, names, scanTemplate, take);
  const nodes = what === 'file' ? files : contentNodes(gathered.mounts, names, scanTemplate, take);
  return { node: nodes.get(name) ?? null, warnings: mergeWarnings(what, name, merged) };
}

function reachable(root: Node, resolution: Resolution): readonly ExplainedReference[] {
  const lines: ExplainedReference[] = [];
  const nodes = new Set([root]);
  // A set is walked in the order of insertion, and to what is added on the way.
  for (const node of nodes) {
    for (const edge of node.edges) {
      lines.push(line(node, node === root, edge, resolution));
      if (edge.kind === 'variable') nodes.add(edge.target);
    }
  }
  return lines;
}

function line(from: Node, root: boolean, edge: Edge, resolution: Resolution): ExplainedReference {
  const head = { from: from.name, root, reference: edge.raw, target: edge.name };
  if (edge.kind === 'nothing') {
    const kind = edge.reason === 'UNKNOWN_VARIABLE' || edge.reason === 'LINK_UNAVAILABLE' ? 'variable' : 'global';
    return { ...head, kind, status: 'UNRESOLVED', reason: edge.reason, type: null, targetReferences: 0 };
  }
  const done = { ...head, kind: edge.kind, reason: null };
  if (edge.kind === 'global') return { ...done, status: 'RESOLVED', type: edge.type, targetReferences: 0 };
  const target = resolution.variables.get(edge.name);
  const status = target?.error === null ? 'RESOLVED' : 'ERROR';
  return { ...done, status, type: target?.type ?? null, targetReferences: edge.target.edges.length };
}
