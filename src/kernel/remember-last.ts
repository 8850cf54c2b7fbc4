/**
 * Asks `make` once for all who ask for the same one after the other, as nearly all do who are told of one commit. The same:
 * identical arguments, three at most. What came out as undefined is asked for again, since it may be known by then.
 */
export function rememberLast<A, R>(make: (a: A) => R): (a: A) => R;
export function rememberLast<A, B, R>(make: (a: A, b: B) => R): (a: A, b: B) => R;
export function rememberLast<A, B, C, R>(make: (a: A, b: B, c: C) => R): (a: A, b: B, c: C) => R;
export function rememberLast<R>(make: (a: unknown, b: unknown, c: unknown) => R) {
  let last: { readonly a: unknown; readonly b: unknown; readonly c: unknown; readonly made: R } | null = null;
  return (a: unknown, b: unknown, c: unknown): R => {
    if (last !== null && last.a === a && last.b === b && last.c === c) return last.made;
    const made = make(a, b, c);
    if (made !== undefined) last = { a, b, c, made };
    return made;
  };
}
