import type { Context } from './context.ts';

const made = new WeakMap<Context, Map<string, Promise<unknown>>>();

/**
 * Makes something once in a request, however often a query comes back to it: a group that is the source of forty variables
 * under fourteen aliases has one history. Gone with the context; each event of a stream has its own.
 */
export async function onceInRequest<T>(context: Context, name: readonly string[], make: () => Promise<T>): Promise<T> {
  // Coming back costs little, but not nothing.
  const waits = context.session.work.spend({ documents: 1 });
  if (waits) await waits;
  const known = made.get(context) ?? new Map<string, Promise<unknown>>();
  made.set(context, known);
  const key = JSON.stringify(name);
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found as Promise<T>;
}
