import { LRUCache } from 'lru-cache';

/** So many entries at most, those that were used last. Takes room as they come: `max` takes it for all of them at once. */
export const recent = <V extends NonNullable<unknown>>(max: number): LRUCache<string, V> =>
  new LRUCache({ maxSize: max, sizeCalculation: () => 1 });
