import type { Engine, Entry } from './engine.ts';

const nameOf = (key: Uint8Array): string => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');

/** The engine without its file: what it holds ends with the process. */
export function openMemoryEngine(): Engine {
  const values = new Map<string, Uint8Array>();
  const names: string[] = [];
  let writes = 0;

  function place(name: string): number {
    let low = 0;
    let high = names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((names[middle] ?? '') < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function set(name: string, value: Uint8Array | null): void {
    const known = values.has(name);
    if (value) {
      values.set(name, Uint8Array.from(value));
      if (!known) names.splice(place(name), 0, name);
    } else if (known) {
      values.delete(name);
      names.splice(place(name), 1);
    }
  }

  return {
    get: (key) => values.get(nameOf(key)) ?? null,
    range(start, end, limit) {
      const entries: Entry[] = [];
      const to = nameOf(end);
      for (let i = place(nameOf(start)); i < names.length && entries.length < limit; i += 1) {
        const name = names[i] ?? '';
        const value = values.get(name);
        if (name >= to || !value) break;
        entries.push({ key: Buffer.from(name, 'latin1'), value });
      }
      return entries;
    },
    writes: () => writes,
    async apply(batch) {
      writes += 1;
      for (const [key, value] of batch) set(nameOf(key), value);
    },
    async close() {},
  };
}
