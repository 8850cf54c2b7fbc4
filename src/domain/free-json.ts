import { byCodePoint } from '../kernel/ids.ts';

/** Nested JSON whose shape people choose. Nothing here recurses, so that no depth can exhaust the stack. */

const JSON_LIMITS = {
  /** Objects and lists within each other. */
  depth: 32,
  /** Values of every sort, the outermost included. */
  nodes: 20_000,
  /** UTF-16 units of all paths together: a long name above many leaves would make a huge list of paths out of little. */
  paths: 1 << 22,
} as const;

/** What is wrong with one place. Neither path nor message hold a value. */
export interface JsonTrouble {
  readonly path: readonly string[];
  readonly rule: string;
  readonly message: string;
}

interface Place {
  readonly value: unknown;
  readonly name: string;
  readonly parent: Place | null;
  readonly depth: number;
  readonly pathLength: number;
}

const rootOf = (value: unknown): Place => ({ value, name: '', parent: null, depth: 1, pathLength: 0 });

function pathOf(place: Place): readonly string[] {
  const path: string[] = [];
  for (let at = place; at.parent !== null; at = at.parent) path.unshift(at.name);
  return path;
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Own names only: `__proto__` is a name like any other. */
const childrenOf = (parent: Place, container: object): readonly Place[] =>
  Object.entries(container).map(([name, value]) => ({
    value,
    name,
    parent,
    depth: parent.depth + 1,
    pathLength: parent.pathLength + name.length + 1,
  }));

/** Everything that must not be kept; empty when all of it can be given back exactly as it came. */
export function jsonTroubles(root: unknown): readonly JsonTrouble[] {
  const troubles: JsonTrouble[] = [];
  const refuse = (place: Place, rule: string, message: string) =>
    void troubles.push({ path: pathOf(place).map(presentable), rule, message });
  const queue: Place[] = [rootOf(root)];
  let paths = 0;
  for (const place of queue) {
    const { value } = place;
    const trouble = nameTrouble(place) ?? valueTrouble(place);
    if (trouble) refuse(place, ...trouble);
    else if (isContainer(value)) for (const child of childrenOf(place, value)) queue.push(child);
    if (!isContainer(value)) paths += place.pathLength;
    if (queue.length > JSON_LIMITS.nodes || paths > JSON_LIMITS.paths) {
      const what =
        queue.length > JSON_LIMITS.nodes
          ? `${JSON_LIMITS.nodes.toLocaleString('en')} values`
          : 'so many names above each other';
      return [{ path: [], rule: 'max', message: `must not hold more than ${what}` }];
    }
  }
  return troubles;
}

type Refusal = readonly [rule: string, message: string];

function textTrouble(text: string): Refusal | null {
  if (!text.isWellFormed()) return ['unicode', 'contains an unpaired surrogate'];
  return text.includes('\0') ? ['unicode', 'contains a NUL character'] : null;
}

function nameTrouble({ name }: Place): Refusal | null {
  if (name.length > 256) return ['max', 'a name must have at most 256 characters'];
  return textTrouble(name);
}

function valueTrouble({ value, depth }: Place): Refusal | null {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string') return textTrouble(value);
  if (typeof value === 'number') return numberTrouble(value);
  if (!isContainer(value) || !(Array.isArray(value) || isPlain(value)))
    return ['type', 'must be JSON: a string, a number, true, false, null, a list or an object'];
  return depth > JSON_LIMITS.depth ? ['depth', `must not lie deeper than ${JSON_LIMITS.depth} levels`] : null;
}

function numberTrouble(value: number): Refusal | null {
  if (!Number.isFinite(value)) return ['finite', 'must be a finite number'];
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return null;
  // Its last digits were lost when the request was read.
  return ['precision', 'must be a whole number up to 2^53, or text'];
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** A name as an answer may show it. */
const presentable = (name: string): string => (name.length > 60 ? `${name.slice(0, 60)}…` : name).toWellFormed();

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Everything that holds nothing else. An empty object or list is a leaf. */
function leavesOf(root: unknown): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const queue: Place[] = [rootOf(root)];
  for (const place of queue) {
    const children = isContainer(place.value) ? childrenOf(place, place.value) : [];
    for (const child of children) queue.push(child);
    if (children.length === 0 && place.parent !== null) leaves.push({ path: pathOf(place), value: place.value });
  }
  return leaves;
}

/** Where the leaves lie, keys and indexes joined by dots, by code point. */
export function leafPaths(root: unknown): readonly string[] {
  return leavesOf(root)
    .map(({ path }) => path.join('.'))
    .sort(byCodePoint);
}

/** Paths of the leaves that a reference can draw in: texts, numbers and booleans. */
export const textPaths = (root: unknown): readonly (readonly string[])[] =>
  leavesOf(root).flatMap(({ path, value }) => (['string', 'number', 'boolean'].includes(typeof value) ? [path] : []));
