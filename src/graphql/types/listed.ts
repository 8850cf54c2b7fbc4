import type { Budget } from '../../kernel/work.ts';
import type { Context } from './context.ts';

/** So many items of a list are as much work as a document. */
const ITEMS_OF_A_DOCUMENT = 5;

/** What a list of so many costs. */
export const costOfList = (count: number): Partial<Budget> => ({ documents: Math.ceil(count / ITEMS_OF_A_DOCUMENT) });

/**
 * A list that may be long. Its items are work of the request: others have their turn before what is asked of each is done, and
 * under many aliases before each of the lists.
 */
export function listed<T>(items: readonly T[], { session }: Context): T[] | Promise<T[]> {
  const waits = session.work.spend(costOfList(items.length));
  return waits === undefined ? [...items] : waits.then(() => [...items]);
}
