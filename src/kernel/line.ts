/** Where somebody stands in a line. */
export interface Place<T> {
  readonly value: T;
}

class Node<T> implements Place<T> {
  readonly value: T;
  before: Node<T> | null = null;
  after: Node<T> | null = null;
  isThere = true;

  constructor(value: T) {
    this.value = value;
  }
}

/**
 * Those who are there now, in the order in which they came. In place of a `Set` where every request comes and goes: a set that
 * grows leaves its former table behind, which refers to the next one and to all that were in it, so that one table that the
 * collector counts among the old ones keeps every request since alive until the next full collection.
 */
export class Line<T> {
  #first: Node<T> | null = null;
  #last: Node<T> | null = null;

  get first(): T | null {
    return this.#first === null ? null : this.#first.value;
  }

  join(value: T): Place<T> {
    const node = new Node(value);
    node.before = this.#last;
    if (this.#last === null) this.#first = node;
    else this.#last.after = node;
    this.#last = node;
    return node;
  }

  /** Idempotent. */
  leave(place: Place<T>): void {
    const node = place as Node<T>;
    if (!node.isThere) return;
    node.isThere = false;
    const { before, after } = node;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    // Whoever left refers to nobody any more.
    node.before = null;
    node.after = null;
  }

  /** Nobody may leave meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (let node = this.#first; node !== null; node = node.after) yield node.value;
  }
}
