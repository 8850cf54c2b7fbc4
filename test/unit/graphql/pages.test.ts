import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/graphql/types/context.ts';
import { cutPage, type ListOrder, type PageArgs } from '../../../src/graphql/types/pages.ts';
import { isAppError } from '../../../src/kernel/errors.ts';
import { testMac } from '../../support/a-commit.ts';

const asked = (token: string): Context =>
  ({ cursorMac: testMac, session: { principal: { team: 'team', id: token } } }) as unknown as Context;
const context = asked('token');
const ORDER: ListOrder<string> = { name: 'words', keyOf: (word) => word };
const DOWN: ListOrder<string> = { name: 'words down', keyOf: (word) => word, descending: true };
const page = (words: readonly string[], args: PageArgs, order = ORDER) => cutPage(words, order, args, context);
const nodesOf = ({ edges }: ReturnType<typeof page>) => edges.map(({ node }) => node);
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'no error';
  } catch (error) {
    return isAppError(error) ? error.code : 'another error';
  }
};

const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { maxLength: 40 });
const sizes = fc.integer({ min: 1, max: 9 });
const orders = fc.constantFrom(ORDER, DOWN);
const sorted = (all: readonly string[], { descending = false }: ListOrder<string>) => {
  const up = [...all].sort((a, b) => (a < b ? -1 : 1));
  return descending ? up.reverse() : up;
};

describe('pages', () => {
  it('forward, one after the other, give the whole list once and in order', () => {
    fc.assert(
      fc.property(words, sizes, orders, (all, first, order) => {
        const seen: string[] = [];
        for (let after: string | null = null; ; ) {
          const got = page(all, { first, after }, order);
          seen.push(...nodesOf(got));
          expect(got.pageInfo.hasNextPage).toBe(seen.length < all.length);
          if (!got.pageInfo.hasNextPage) break;
          after = got.pageInfo.endCursor;
        }
        expect(seen).toEqual(sorted(all, order));
      }),
    );
  });

  it('backward, one after the other, give it too', () => {
    fc.assert(
      fc.property(words, sizes, orders, (all, last, order) => {
        let seen: string[] = [];
        for (let before: string | null = null; ; ) {
          const got = page(all, { last, before }, order);
          seen = [...nodesOf(got), ...seen];
          expect(got.pageInfo.hasPreviousPage).toBe(seen.length < all.length);
          if (!got.pageInfo.hasPreviousPage) break;
          before = got.pageInfo.startCursor;
        }
        expect(seen).toEqual(sorted(all, order));
      }),
    );
  });

  it('go on behind an item that is gone', () => {
    const cursor = page(['a', 'b', 'c'], { first: 2 }).pageInfo.endCursor;
    expect(nodesOf(page(['a', 'c'], { first: 2, after: cursor }))).toEqual(['c']);
  });

  it.each([
    ['more than 100', { first: 101 }],
    ['less than none', { last: -1 }],
    ['both ends', { first: 1, last: 1 }],
    ['a cursor made up', { after: 'abcd' }],
    ['a cursor of another order', { after: page(['a', 'b'], { first: 1 }, DOWN).pageInfo.endCursor }],
  ])('refuse %s', (_what, args) => {
    expect(codeOf(() => page(['a', 'b'], args))).toBe('INVALID_INPUT');
  });

  it("case 34: refuse another caller's cursor", () => {
    const { endCursor } = cutPage(['a', 'b'], ORDER, { first: 1 }, asked('another')).pageInfo;
    expect(codeOf(() => page(['a', 'b'], { after: endCursor }))).toBe('INVALID_INPUT');
  });

  it('of nothing are empty', () => {
    expect(page([], {})).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });
});
