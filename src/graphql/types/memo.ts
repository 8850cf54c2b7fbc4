import type { Context } from './context.ts';

/** Makes something once, however often a query comes back to it: a group that is the source of forty variables under fourteen aliases has one history. */
export async function onceInRequest<T>(context: Context, name: readonly string[], make: () => Promise<T>): Promise<T> {
  // Coming back costs little, but not nothing.
  const waits = context.session.work.spend({ documents: 1 });
  if (waits) await waits;
  return context.memo.of(JSON.stringify(name), make);
}
