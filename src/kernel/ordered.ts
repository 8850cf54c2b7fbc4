interface Pair<V> {
  readonly name: string;
  readonly value: V;
}
type Block<V> = readonly Pair<V>[];

/** A block that grows past twice this is split; one that shrinks below a quarter of it joins its neighbour. */
const BLOCK = 64;

/**
 * Values by name, in the order of the names. It never changes: `with` makes another one and shares every block that nothing
 * changed in, so that a change costs the same in a hundred as in ten thousand.
 */
export class Ordered<V> {
  readonly size: number;
  /** None is empty. */
  readonly #blocks: readonly Block<V>[];

  private constructor(blocks: readonly Block<V>[], size: number) {
    this.#blocks = blocks;
    this.size = size;
  }

  static of<V>(values: ReadonlyMap<string, V>): Ordered<V> {
    const pairs = [...values].map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1));
    const blocks = Array.from({ length: Math.ceil(pairs.length / BLOCK) }, (_, i) =>
      pairs.slice(i * BLOCK, (i + 1) * BLOCK),
    );
    return new Ordered(blocks, pairs.length);
  }

  get(name: string): V | undefined {
    const block = this.#blocks[blockOf(this.#blocks, name)] ?? [];
    const pair = block[placeIn(block, name)];
    return pair?.name === name ? pair.value : undefined;
  }

  values(): readonly V[] {
    return this.#blocks.flatMap((block) => block.map(({ value }) => value));
  }

  /** Of all names that begin so. */
  startingWith(prefix: string): readonly V[] {
    const found: V[] = [];
    for (let at = blockOf(this.#blocks, prefix); at < this.#blocks.length; at += 1) {
      const block = this.#blocks[at] ?? [];
      for (let place = placeIn(block, prefix); place < block.length; place += 1) {
        const pair = block[place];
        if (!pair?.name.startsWith(prefix)) return found;
        found.push(pair.value);
      }
    }
    return found;
  }

  /** The same with these values under these names; undefined takes a name out. */
  with(changes: ReadonlyMap<string, V | undefined>): Ordered<V> {
    if (changes.size === 0) return this;
    if (changes.size * 4 > this.size) return this.#rebuilt(changes);
    const blocks = [...this.#blocks];
    let { size } = this;
    for (const [name, value] of changes) {
      const at = blockOf(blocks, name);
      const block = blocks[at] ?? [];
      const place = placeIn(block, name);
      const held = block[place]?.name === name ? 1 : 0;
      if (value === undefined && held === 0) continue;
      const next = block.toSpliced(place, held, ...(value === undefined ? [] : [{ name, value }]));
      size += next.length - block.length;
      const neighbour = next.length * 4 < BLOCK ? blocks[at + 1] : undefined;
      blocks.splice(at, neighbour ? 2 : 1, ...split(neighbour ? [...next, ...neighbour] : next));
    }
    return new Ordered(blocks, size);
  }

  #rebuilt(changes: ReadonlyMap<string, V | undefined>): Ordered<V> {
    const values = new Map(this.#blocks.flatMap((block) => block.map(({ name, value }) => [name, value] as const)));
    for (const [name, value] of changes) {
      if (value === undefined) values.delete(name);
      else values.set(name, value);
    }
    return Ordered.of(values);
  }
}

function split<V>(block: Block<V>): readonly Block<V>[] {
  if (block.length === 0) return [];
  if (block.length <= 2 * BLOCK) return [block];
  const half = block.length >>> 1;
  return [block.slice(0, half), block.slice(half)];
}

/** The last block that begins with no later name: where it stands, or would stand. */
function blockOf<V>(blocks: readonly Block<V>[], name: string): number {
  const after = lowest(blocks.length, (i) => (blocks[i]?.[0]?.name ?? '') > name);
  return Math.max(0, after - 1);
}

const placeIn = <V>(block: Block<V>, name: string): number =>
  lowest(block.length, (i) => (block[i]?.name ?? '') >= name);

/** The lowest number below `end` of which it holds, and of all after it; `end` when there is none. */
function lowest(end: number, holds: (i: number) => boolean): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
