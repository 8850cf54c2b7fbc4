import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { closed } from './book.ts';
import { deliveryDocument, queueDocument, requestDocument, unendedOf, type WorkloadName } from './model.ts';

/** Of one commit. More than that only a workload has that never acknowledges, all delivered long ago. */
const MOST = 1_000;

/**
 * Cancels what was asked of a workload that is deleted, or of who had its id before: nobody can restart it, and no wave is to
 * wait for it. Costs what it has open, and refuses nothing: what is damaged stays as it is.
 */
export async function endedWith(
  { project, kind, id }: WorkloadName,
  at: string,
  view: View,
): Promise<readonly Change[]> {
  const [requests, deliveries, queues] = await Promise.all([
    view.set(requestDocument, project),
    view.set(deliveryDocument, project),
    view.set(queueDocument),
  ]);
  const mine = requests.under(unendedOf(kind, id)).filter(({ key }) => !deliveries.damaged.has(idOf(key)));
  const ended = mine.slice(-MOST).flatMap((request) => closed({ deliveries }, request, 'cancelled', at));
  // Whoever asks for restarts at the same time, having seen the workload, has to look again.
  const queue = queues.damaged.has(project) ? null : queues.get(project);
  if (!queue || queue.deleted) return ended;
  return [...ended, changesOf(queueDocument).replace(queue, queue.fields, null)];
}
