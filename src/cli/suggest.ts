/** How many letters are put in, left out, changed or swapped with their neighbour between two words. */
export function editDistance(from: string, to: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const replaced = (row[j - 1] ?? 0) + (isSame ? 0 : 1);
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced, swapped));
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}

/** No name is that long, and the distance costs the product of both lengths. */
const LONGEST = 40;

/** The name that was meant, perhaps: begun, or not far from what was typed. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  if (given === '' || given.length > LONGEST) return undefined;
  const scored = [...names].map((name) => ({ name, far: editDistance(given, name) })).sort((a, b) => a.far - b.far);
  const [best] = scored;
  if (best && best.far <= Math.max(1, Math.floor(given.length / 3))) return best.name;
  return scored.find(({ name }) => given.length > 1 && name.startsWith(given))?.name;
}
