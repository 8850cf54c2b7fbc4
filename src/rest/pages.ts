import { z } from 'zod';
import { invalid } from './problem.ts';
import { type Given, type JsonObject, one, type Page, type Reply } from './route.ts';

const PER_PAGE = 50;
const MAX_PER_PAGE = 100;
/** Pages by number are walked to from the beginning: whoever goes further has cursors. */
const MAX_SKIPPED = 10_000;

export const pageQuery = {
  per_page: z.int().min(1).max(MAX_PER_PAGE).meta({ description: 'Results in one response. Default: 50.' }),
  page: z
    .int()
    .min(1)
    .meta({ description: 'Number of the page, starting at 1. Cursors are cheaper, and miss nothing.' }),
  cursor: z.string().min(1).max(2_000).meta({ description: 'Cursor of the previous response.' }),
};

export interface Wanted {
  readonly size: number;
  readonly cursor: string | null;
  /** Results to pass over first. */
  readonly skipped: number;
}

/** Which page a request wants. */
export function wantedPage(given: Given): Wanted {
  const size = Number(one(given, 'per_page') ?? PER_PAGE);
  const page = Number(one(given, 'page') ?? 1);
  const cursor = one(given, 'cursor') ?? null;
  if (size < 1 || size > MAX_PER_PAGE) throw invalid(['per_page'], 'range', `must be from 1 to ${MAX_PER_PAGE}`);
  if (page < 1) throw invalid(['page'], 'min', 'must be at least 1');
  if (cursor !== null && (cursor === '' || cursor.length > 2_000)) {
    throw invalid(['cursor'], 'cursor', 'must be a cursor that this list gave you');
  }
  const skipped = (page - 1) * size;
  if (cursor !== null && skipped > 0) throw invalid(['page'], 'exclusive', 'must not be given together with cursor');
  if (skipped > MAX_SKIPPED) {
    const message = `must not skip more than ${MAX_SKIPPED.toLocaleString('en')} results: use cursors`;
    throw invalid(['page'], 'max', message);
  }
  return { size, cursor, skipped };
}

export interface Connection<Node> {
  readonly nodes?: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** What documents of lists select of a connection. */
export const connection = (fields: string): string =>
  `pageInfo { hasNextPage endCursor } nodes @include(if: $rows) { ${fields} }`;
export const LIST_VARIABLES = '$first: Int!, $after: Cursor, $rows: Boolean!';
export const LIST_ARGUMENTS = 'first: $first, after: $after';

/** One page of a list under its plural. */
export function listReply<Node>(
  plural: string,
  { nodes = [], pageInfo }: Connection<Node>,
  item: (node: Node) => JsonObject,
): Reply {
  const { endCursor } = pageInfo;
  // A page behind the end was asked for with room for none.
  const hasNextPage = pageInfo.hasNextPage && nodes.length > 0;
  const pagination: Page = {
    hasNextPage,
    count: nodes.length,
    ...(hasNextPage && endCursor !== null ? { cursor: endCursor } : {}),
  };
  return { data: { [plural]: nodes.map(item) }, pagination };
}

/** The place behind so many results, walked to without looking at them. null: the list ends before. */
export async function cursorAfter(
  skipped: number,
  ask: (variables: JsonObject) => Promise<unknown>,
): Promise<string | null> {
  let after: string | null = null;
  for (let left = skipped; left > 0; left -= MAX_PER_PAGE) {
    const found = (await ask({ first: Math.min(left, MAX_PER_PAGE), after, rows: false })) as Connection<never>;
    if (!found.pageInfo.hasNextPage) return null;
    after = found.pageInfo.endCursor;
  }
  return after;
}

/** A page of a list that the schema gives as a whole. Its cursor is the key of the last item. */
export function wholeList<Item>(
  plural: string,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  item: (each: Item) => JsonObject,
  given: Given,
): Reply {
  const { size, cursor, skipped } = wantedPage(given);
  const after = cursor === null ? null : Buffer.from(cursor, 'base64url').toString('utf8');
  const rest = after === null ? items.slice(skipped) : items.filter((each) => keyOf(each) > after);
  const nodes = rest.slice(0, size);
  const last = nodes.at(-1);
  const endCursor = last === undefined ? null : Buffer.from(keyOf(last)).toString('base64url');
  return listReply(plural, { nodes, pageInfo: { hasNextPage: rest.length > nodes.length, endCursor } }, item);
}
