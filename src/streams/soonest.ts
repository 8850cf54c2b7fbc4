interface Entry<T> {
  readonly at: number;
  readonly item: T;
}

/** What ends first is found first: a heap. */
export interface Soonest<T> {
  add(at: number, item: T): void;
  /** Takes out what ends first, if `isDue`. */
  take(isDue: (item: T) => boolean): T | undefined;
  readonly size: () => number;
}

/** Below this many nothing is swept. */
const FEW = 64;

/** `isGone`: what is not waited for any more, and goes when it would be half of all. */
export function createSoonest<T>(isGone: (item: T) => boolean): Soonest<T> {
  let heap: Entry<T>[] = [];
  let sweptTo = FEW;

  const before = (a: number, b: number): boolean => (heap[a]?.at ?? 0) < (heap[b]?.at ?? 0);

  function swap(a: number, b: number): void {
    const [first, second] = [heap[a], heap[b]];
    if (!first || !second) return;
    heap[a] = second;
    heap[b] = first;
  }

  function rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!before(at, parent)) return;
      swap(at, parent);
      at = parent;
    }
  }

  function sink(from: number): void {
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && before(child, least)) least = child;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }

  function remove(): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    sink(0);
  }

  function sweep(): void {
    heap = heap.filter(({ item }) => !isGone(item));
    for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(at);
    sweptTo = Math.max(FEW, 2 * heap.length);
  }

  return {
    add(at, item) {
      if (heap.length >= sweptTo) sweep();
      heap.push({ at, item });
      rise(heap.length - 1);
    },
    take(isDue) {
      for (let top = heap[0]; top !== undefined; top = heap[0]) {
        if (!isGone(top.item) && !isDue(top.item)) return undefined;
        remove();
        if (!isGone(top.item)) return top.item;
      }
      return undefined;
    },
    size: () => heap.length,
  };
}
