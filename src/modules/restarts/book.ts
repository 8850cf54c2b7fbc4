import { randomUUID } from 'node:crypto';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf, type Stored } from '../../vault/document.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { View } from '../../vault/reading.ts';
import {
  type DeliveryFields,
  deliveryDocument,
  type QueueFields,
  queueDocument,
  type RequestBody,
  type RequestFields,
  type RequestState,
  requestDocument,
  type StoredDelivery,
  type StoredQueue,
  type StoredRequest,
  type StoredWebhook,
  WEBHOOK_ID,
  webhookDocument,
} from './model.ts';

/** All that a project has of requests, deliveries and their way out. */
export interface Book {
  readonly project: string;
  readonly requests: DocumentSet<RequestFields, RequestBody>;
  readonly deliveries: DocumentSet<DeliveryFields, null>;
  readonly queue: StoredQueue | null;
  /** null: there is none. */
  readonly webhook: StoredWebhook | null;
}

export async function bookOf(project: string, view: View): Promise<Book> {
  const [requests, deliveries, queues, webhooks] = await Promise.all([
    view.set(requestDocument, project),
    view.set(deliveryDocument, project),
    view.set(queueDocument),
    view.set(webhookDocument, project),
  ]);
  const webhook = webhooks.get(WEBHOOK_ID);
  return {
    project,
    requests,
    deliveries,
    queue: queues.get(project),
    webhook: webhook && !webhook.deleted ? webhook : null,
  };
}

/** Ids of requests sort by the time at which they were made. */
export const newId = (at: string): string =>
  `${Date.parse(at).toString(36).padStart(9, '0')}-${randomUUID().slice(0, 18)}`;

export const isUndelivered = (delivery: Pick<StoredDelivery, 'fields'> | null): boolean =>
  delivery !== null && (delivery.fields.state === 'pending' || delivery.fields.state === 'failed');

/** Whether a newer request for the workload takes its place: nobody was told of it yet, as far as is known. */
export function isOpen({ requests: _, deliveries }: Book, request: StoredRequest): boolean {
  if (request.fields.state === 'waiting') return true;
  if (request.fields.state !== 'released') return false;
  return deliveries.get(idOf(request.key))?.fields.state !== 'delivered';
}

const requests = changesOf(requestDocument);
const deliveries = changesOf(deliveryDocument);
const queues = changesOf(queueDocument);

/** Ends a request, and what was still to be delivered of it. */
export function closed(
  book: Pick<Book, 'deliveries'>,
  request: StoredRequest,
  state: RequestState,
  at: string,
): readonly Change[] {
  const change = requests.replace(request, { ...request.fields, state, closedAt: at }, request.body());
  const delivery = book.deliveries.get(idOf(request.key));
  if (!delivery || !isUndelivered(delivery)) return [change];
  return [change, deliveries.replace(delivery, { ...delivery.fields, state: 'cancelled', nextAt: null }, null)];
}

/** The delivery of a request that is released now; none without a webhook that is switched on. */
export function deliveryFor(
  book: Book,
  { key, fields }: Pick<Stored<RequestFields, null>, 'key' | 'fields'>,
  at: string,
): readonly Change[] {
  if (!book.webhook?.fields.enabled) return [];
  const { kind, workload } = fields;
  const fresh = { kind, workload, state: 'pending', round: 1, failures: 0, attempts: 0, log: [] } as const;
  return [deliveries.create(key, { ...fresh, createdAt: at, nextAt: at }, null)];
}

/** Releases a request that waited. */
export function released(book: Book, request: StoredRequest, at: string): readonly Change[] {
  const fields = { ...request.fields, state: 'released', releasedAt: at } as const;
  return [requests.replace(request, fields, request.body()), ...deliveryFor(book, { key: request.key, fields }, at)];
}

/** Something is due now; whoever else adds to the queue at the same time has to decide again. */
export function queued(team: string, { project, queue, webhook }: Book, at: string): Change {
  const due = webhook?.fields.enabled ? at : (queue?.fields.nextAt ?? null);
  const fields: QueueFields = { ...(queue?.fields ?? { lease: null, failures: 0 }), nextAt: due };
  return queue ? queues.replace(queue, fields, null) : queues.create([team, project], fields, null);
}

export const createRequest = (key: readonly string[], fields: RequestFields, body: RequestBody): Change =>
  requests.create(key, fields, body);
