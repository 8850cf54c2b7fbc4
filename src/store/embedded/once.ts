/** A decision asks for the same heads and nodes again and again: each is read, and decoded, once. */
export function once<Args extends readonly unknown[], T>(
  nameOf: (...args: Args) => string,
  read: (...args: Args) => T,
): (...args: Args) => T {
  const found = new Map<string, T>();
  return (...args) => {
    const name = nameOf(...args);
    const known = found.get(name);
    if (known !== undefined) return known;
    const value = read(...args);
    found.set(name, value);
    return value;
  };
}
