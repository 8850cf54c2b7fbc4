import type { Answers, Given } from '../../graphql/engine/answers.ts';
import type { Graphql } from '../../graphql/engine/execute.ts';
import type { Given as Asked, RestRoute } from '../../rest/route.ts';
import type { Caught } from '../caller.ts';
import type { Exchange } from '../exchange.ts';

interface Deps {
  readonly answers: Answers;
  readonly graphql: Pick<Graphql, 'isExtended'>;
}

/** What stands for a request among the kept ones. */
export interface KeptKey {
  readonly stamp: string;
  readonly request: Uint8Array;
}

/**
 * Of a GET or a HEAD, all that its answer depends on: who asks and the last commit, the target as it was sent, and the headers that go into the
 * documents that it runs. Whether the client has the answer already is asked of each. null: it is answered anew each time.
 */
export function keptKeyOf(
  { graphql }: Deps,
  { method, path, search }: Exchange,
  { stamp }: Caught,
  { ifMatch, idempotencyKey }: Asked,
): KeptKey | null {
  // What plugins of others would see is not passed by them.
  if ((method !== 'GET' && method !== 'HEAD') || stamp === null || graphql.isExtended) return null;
  return { stamp: `rest ${stamp}`, request: Buffer.from(JSON.stringify([path, search, ifMatch, idempotencyKey])) };
}

/** One that was given before; what it shows is noted with the request. */
export function keptOf({ answers }: Deps, key: KeptKey | null, { notes }: Caught): Given | null {
  const given = key && answers.find(key.stamp, key.request);
  if (given) for (const [of, count] of given.shown) notes?.note(of, count);
  return given;
}

/** Keeps one that was just made. */
export function keepReply(
  { answers }: Deps,
  key: KeptKey | null,
  { document }: RestRoute,
  { notes, isRepeatable }: Caught,
  { latin1, etag }: Pick<Given, 'latin1' | 'etag'>,
): void {
  if (key === null || !notes || isRepeatable?.() === false || !document.trimStart().startsWith('query')) return;
  const tagged = etag === undefined ? {} : { etag };
  answers.keep(key.stamp, key.request, { status: 200, latin1, operationName: null, shown: notes.shown, ...tagged });
}
