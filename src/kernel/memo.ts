/**
 * What is made once in a request, or once for an event of a stream. It is kept on the context itself: as the value of a weak map
 * that refers to its own key it would outlive the request until the next full collection, and with it all that the context holds.
 */
export class Memo {
  #made: Map<unknown, unknown> | null = null;

  /** `name`: a text, or an object that only one caller has. */
  of<T>(name: unknown, make: () => T): T {
    this.#made ??= new Map();
    const known = this.#made.get(name) as T | undefined;
    if (known !== undefined) return known;
    const fresh = make();
    this.#made.set(name, fresh);
    return fresh;
  }
}
