import { ERROR_STATUS, isAppError } from '../../src/kernel/errors.ts';
import { cursorAfter, wantedPage } from '../../src/rest/pages.ts';
import { Committed, outcomeOf, Refusal, statusOf } from '../../src/rest/problem.ts';
import type { Given, JsonObject, RestRoute } from '../../src/rest/route.ts';

export interface Told {
  readonly status: number;
  /** null: there is nothing to compare. */
  readonly data: object | null;
}

/** What the document of a route gives over GraphQL, as the route would answer it. */
export async function byDocument(
  url: string,
  token: string,
  isWorkload: boolean,
  route: RestRoute,
  given: Given,
): Promise<Told> {
  const ask = async (query: string, variables: JsonObject): Promise<unknown> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    return outcomeOf((await response.json()) as never, query.startsWith('mutation')).result;
  };
  const circumstances = { isWorkload, isConditional: given.ifMatch !== null };
  try {
    const before = await route.prepare?.(given, ask);
    const variables = route.variables(given, before);
    const page = route.isList ? await pageOf(given, (place) => ask(route.document, { ...variables, ...place })) : {};
    const found = await ask(route.document, { ...variables, ...page });
    const result = route.complete ? await route.complete(found, given, ask) : found;
    return { status: 200, data: plain(route.reply(result as never, given).data) };
  } catch (error) {
    if (error instanceof Committed) return { status: 200, data: await seen(route, given, ask) };
    if (error instanceof Refusal) return { status: statusOf(error.problem, circumstances), data: null };
    // What the route itself misses in the result, or refuses to do with it.
    if (!isAppError(error)) throw error;
    return { status: error.code === 'NOT_FOUND' && isWorkload ? 403 : ERROR_STATUS[error.code], data: null };
  }
}

async function pageOf(given: Given, ask: (variables: JsonObject) => Promise<unknown>): Promise<JsonObject> {
  const { size, cursor, skipped } = wantedPage(given);
  if (skipped === 0) return { first: size, after: cursor, rows: true };
  const after = await cursorAfter(skipped, ask);
  return { first: after === null ? 0 : size, after, rows: true };
}

/** A change that was made, as far as its maker may see it. */
async function seen({ otherwise }: RestRoute, given: Given, ask: (q: string, v: JsonObject) => Promise<unknown>) {
  const found = otherwise && (await ask(otherwise.document, otherwise.variables(given)).catch(() => null));
  return otherwise && found ? plain(otherwise.reply(found as never, given).data) : {};
}

const plain = (data: object): object => JSON.parse(JSON.stringify(data));
