import { invalidInput } from '../../kernel/errors.ts';
import type { Context } from './context.ts';

export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
}

/** A total order by the code points of `keyOf`, named so that a cursor of another list or order is refused. */
export interface ListOrder<T> {
  readonly name: string;
  readonly keyOf: (item: T) => string;
  readonly descending?: boolean;
}

/** The order of one list among several of the same kind: its cursors are good in this place only. */
export const within = <T>(order: ListOrder<T>, ...place: readonly string[]): ListOrder<T> => ({
  ...order,
  name: [order.name, ...place].join(' '),
});

const DEFAULT = 50;
const MAX = 100;
const MAC_BYTES = 12;

/** A page of a list that was already filtered to what the viewer may see; each of its items is work of the request. */
export async function pageOf<T>(items: readonly T[], order: ListOrder<T>, args: PageArgs, context: Context) {
  const { first, last } = sizesOf(args);
  await context.session.work.spend({ documents: Math.min(items.length, last ?? first) });
  return cutPage(items, order, args, context);
}

/** Cursors of one list: good for one viewer, in this list and order only. */
export function cursorsOf(order: Pick<ListOrder<never>, 'name'>, { cursorMac, session }: Context) {
  const bind = (key: string) => {
    const { team, id } = session.principal;
    return cursorMac(Buffer.from(JSON.stringify([team, id, order.name, key]))).subarray(0, MAC_BYTES);
  };
  const cursorOf = (key: string) => Buffer.concat([bind(key), Buffer.from(key)]).toString('base64url');
  const keyIn = (cursor: string, name: string): string => {
    const bytes = Buffer.from(cursor, 'base64url');
    const key = bytes.subarray(MAC_BYTES).toString('utf8');
    if (cursorOf(key) === cursor) return key;
    throw invalidInput([{ path: [name], rule: 'cursor', message: 'must be a cursor that this list gave you' }]);
  };
  return { cursorOf, keyIn };
}

/** The same without an eye on the work. */
export function cutPage<T>(items: readonly T[], order: ListOrder<T>, args: PageArgs, context: Context) {
  const { first, last } = sizesOf(args);
  const { cursorOf, keyIn } = cursorsOf(order, context);
  const sign = order.descending ? -1 : 1;
  const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -sign : sign);
  const rows = items.map((node) => ({ key: order.keyOf(node), node })).sort((a, b) => compare(a.key, b.key));
  const after = args.after ? keyIn(args.after, 'after') : null;
  const before = args.before ? keyIn(args.before, 'before') : null;
  const inside = rows.filter(
    ({ key }) => (after === null || compare(key, after) > 0) && (before === null || compare(key, before) < 0),
  );
  const page = last === null ? inside.slice(0, first) : inside.slice(Math.max(0, inside.length - last));
  const edges = page.map(({ key, node }) => ({ cursor: cursorOf(key), node }));
  const begin = page[0] ? rows.indexOf(page[0]) : 0;
  return {
    edges,
    pageInfo: {
      hasPreviousPage: page.length > 0 ? begin > 0 : after !== null && rows.length > inside.length,
      hasNextPage: begin + page.length < rows.length && (page.length > 0 || before !== null || first === 0),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges[edges.length - 1]?.cursor ?? null,
    },
  };
}

/** How many, after the rules of pages. */
export function sizesOf({ first, last }: PageArgs): { readonly first: number; readonly last: number | null } {
  for (const [name, size] of Object.entries({ first, last })) {
    if (size !== null && size !== undefined && (size < 0 || size > MAX)) {
      throw invalidInput([{ path: [name], rule: 'range', message: `must be between 0 and ${MAX}` }]);
    }
  }
  const both = first !== null && first !== undefined && last !== null && last !== undefined;
  if (both)
    throw invalidInput([{ path: ['last'], rule: 'exclusive', message: 'must not be given together with first' }]);
  return { first: first ?? DEFAULT, last: last ?? null };
}
