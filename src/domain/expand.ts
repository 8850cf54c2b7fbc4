import { byCodePoint } from '../kernel/ids.ts';
import type { Edge, Node } from './graph.ts';
import { type Limits, PATH_NAMES } from './limits.ts';
import { utf8Size } from './template.ts';
import type { ResolutionError } from './types.ts';

// Far above every limit, and far below the point where sums of numbers lose units.
const PLENTY = 2 ** 40;

/**
 * Judges all nodes and builds the texts of those without an error. Linear in nodes and references: depth, steps and sizes
 * are computed from those of the targets, before any text exists, and no step recurses.
 * A key is in error by the first that holds: it reaches a cycle; too deep; too many steps; too large. The same error
 * then follows for all that draw on it.
 */
export function expand(variables: readonly Node[], files: readonly Node[], limits: Limits): void {
  const nodes = [...variables, ...files];
  spreadSecrets(nodes);
  spreadDraws(nodes);
  const order = targetsFirst(nodes);
  const ordered = new Set(order);
  for (const node of nodes) if (!ordered.has(node)) node.error = 'CYCLE';
  for (const node of order) measure(node, limits);
  spreadTooLarge(nodes.filter(({ overTotal }) => overTotal));
  spreadTooLarge(byViewers(variables).flatMap((alike) => pastTotal(alike, limits.totalBytes)));
  for (const node of order) if (node.text === null && node.error === null) node.text = textOf(node);
  for (const node of nodes) if (node.error !== null) node.text = null;
}

/** Whatever draws on a secret is one, through any number of references, resolved or in error. */
function spreadSecrets(nodes: readonly Node[]): void {
  const secrets = nodes.filter((node) => node.type === 'secret');
  for (let node = secrets.pop(); node !== undefined; node = secrets.pop()) {
    for (const dependent of node.dependents) {
      if (dependent.type === 'secret') continue;
      dependent.type = 'secret';
      secrets.push(dependent);
    }
  }
}

/** So does what of global secrets is drawn in. */
function spreadDraws(nodes: readonly Node[]): void {
  const drawing = nodes.filter((node) => node.draws !== 0);
  for (let node = drawing.pop(); node !== undefined; node = drawing.pop()) {
    for (const dependent of node.dependents) {
      if ((dependent.draws | node.draws) === dependent.draws) continue;
      dependent.draws |= node.draws;
      drawing.push(dependent);
    }
  }
}

const isToVariable = (edge: Edge): boolean => edge.kind === 'variable';

/** Nodes in an order in which targets come before their dependents. Whatever reaches a cycle is left out. */
function targetsFirst(nodes: readonly Node[]): readonly Node[] {
  const waiting = new Map<Node, number>();
  const order: Node[] = [];
  for (const node of nodes) {
    const count = node.edges.filter(isToVariable).length;
    if (count === 0) order.push(node);
    else waiting.set(node, count);
  }
  for (const node of order) {
    for (const dependent of node.dependents) {
      const left = (waiting.get(dependent) ?? 0) - 1;
      waiting.set(dependent, left);
      if (left === 0) order.push(dependent);
    }
  }
  return order;
}

function measure(node: Node, limits: Limits): void {
  let depth = 0;
  let steps = 0;
  let size = node.literalSize();
  for (const edge of node.edges) {
    steps += 1;
    if (edge.kind === 'variable') {
      depth = Math.max(depth, edge.target.depth + 1);
      steps += edge.target.steps;
      size += edge.target.size;
    } else size += utf8Size(edge.kind === 'global' ? edge.text : edge.raw);
    steps = Math.min(steps, PLENTY);
    size = Math.min(size, PLENTY);
  }
  node.depth = depth;
  node.steps = steps;
  node.size = size;
  if (node.error !== null) return;
  if (depth > limits.depth) node.error = 'TOO_DEEP';
  else if (steps > limits.steps) node.error = 'TOO_MANY_STEPS';
  else if (size > limits.resultBytes) node.error = 'TOO_LARGE';
}

/**
 * Judges one that nothing refers to, over others that are judged already and of which none is in error through what the
 * environment comes to in all.
 */
export function expandOver(node: Node, limits: Limits): void {
  const targets = node.edges.flatMap((edge) => (edge.kind === 'variable' ? [edge.target] : []));
  for (const { type, draws } of targets) {
    if (type === 'secret') node.type = 'secret';
    node.draws |= draws;
  }
  if (targets.some(({ error }) => error === 'CYCLE')) node.error = 'CYCLE';
  else measure(node, limits);
  if (node.error !== null) node.text = null;
  else if (node.text === null) node.text = textOf(node);
}

/** Bytes of results of templates by who may see them, as limits count them. */
export function templateBytes(variables: Iterable<Node>): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const node of variables) {
    if (isTemplated(node)) totals.set(viewersOf(node), (totals.get(viewersOf(node)) ?? 0) + node.size);
  }
  return totals;
}

const viewersOf = ({ type, draws }: Node): string => `${type} ${draws}`;
const isTemplated = ({ edges, error }: Node): boolean => edges.length > 0 && error === null;

/** Those apart that the same people may see: what is told of one depends on no other that is hidden from them. */
function byViewers(variables: readonly Node[]): readonly (readonly Node[])[] {
  const apart = new Map<string, Node[]>();
  for (const node of variables) {
    const viewers = viewersOf(node);
    apart.set(viewers, [...(apart.get(viewers) ?? []), node]);
  }
  return [...apart.values()];
}

/** Results of templates, counted in name order: those past the total are too large. */
function pastTotal(variables: readonly Node[], totalBytes: number): readonly Node[] {
  const templated = variables.filter(isTemplated);
  let total = 0;
  return templated
    .sort((a, b) => byCodePoint(a.name, b.name))
    .filter((node) => {
      total += node.size;
      return total > totalBytes;
    });
}

/** They are too large by themselves, and so is what draws on them. */
function spreadTooLarge(refused: readonly Node[]): void {
  for (const node of refused) {
    node.error = 'TOO_LARGE';
    node.overTotal = true;
  }
  const spreading = [...refused];
  for (let node = spreading.pop(); node !== undefined; node = spreading.pop()) {
    for (const dependent of node.dependents) {
      if (dependent.error !== null) continue;
      dependent.error = 'TOO_LARGE';
      spreading.push(dependent);
    }
  }
}

function textOf(node: Node): string | null {
  const parts: string[] = [];
  for (const piece of node.pieces) {
    const text = typeof piece === 'string' ? piece : drawnText(piece);
    if (text === null) return null;
    parts.push(text);
  }
  return parts.join('');
}

/** What stands in place of a reference: the text drawn in, or the reference as written; null when its target is in error. */
export function drawnText(edge: Edge): string | null {
  if (edge.kind === 'variable') return edge.target.text;
  return edge.kind === 'global' ? edge.text : edge.raw;
}

/**
 * A node's error with the names that lead to the trouble: from each key on, the first reference in its text whose target has
 * the same error, until none has, or until a name repeats.
 */
export function errorOf(node: Node): ResolutionError | null {
  const code = node.error;
  if (code === null) return null;
  const nodes = [node];
  for (let next = carrier(node, code); next !== null; next = carrier(next, code)) {
    const isRepeated = nodes.includes(next);
    nodes.push(next);
    if (isRepeated) break;
    if (nodes.length > PATH_NAMES) return { code, path: [...nodes.slice(0, PATH_NAMES).map(nameOf), '…'] };
  }
  return { code, path: nodes.map(nameOf) };
}

const nameOf = ({ name }: Node): string => name;

function carrier(node: Node, code: ResolutionError['code']): Node | null {
  if (node.overTotal) return null;
  for (const edge of node.edges) if (edge.kind === 'variable' && edge.target.error === code) return edge.target;
  return null;
}
