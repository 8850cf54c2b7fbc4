/** Several things under each key. One that is alone under its key takes no set of its own: most listeners have a token to themselves. */
export class Multimap<T extends object> {
  readonly #all = new Map<string, T | Set<T>>();

  add(key: string, item: T): void {
    const held = this.#all.get(key);
    if (held instanceof Set) held.add(item);
    else if (held === undefined) this.#all.set(key, item);
    else if (held !== item) this.#all.set(key, new Set([held, item]));
  }

  delete(key: string, item: T): void {
    const held = this.#all.get(key);
    if (held === item) this.#all.delete(key);
    if (!(held instanceof Set)) return;
    held.delete(item);
    if (held.size === 0) this.#all.delete(key);
  }

  /** Adds what is under the key to `into`. */
  collect(key: string, into: Set<T>): void {
    const held = this.#all.get(key);
    if (held instanceof Set) for (const item of held) into.add(item);
    else if (held !== undefined) into.add(held);
  }

  get size(): number {
    return this.#all.size;
  }
}
