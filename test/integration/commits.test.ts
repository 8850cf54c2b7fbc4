import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { type Counting, counting } from '../support/counting.ts';
import { aProject } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** The log of commits, read from either end. */
let app: TestApp;
let store: Counting;
let head = 0;

beforeAll(async () => {
  app = await startApp({
    open: ({ mac }) => {
      store = counting(openMemoryStore({ mac }));
      return store.port;
    },
  });
  for (let i = 0; i < 9; i += 1) await aProject(app, `Project ${'abcdefghi'[i]}`);
  head = (await app.store.head(['default']))?.seq ?? 0;
});
afterAll(() => app.close());

interface Ask {
  readonly after?: number | null;
  readonly before?: number | null;
  readonly first?: number | null;
  readonly last?: number | null;
}
const QUERY = `query ($after: SafeInt, $before: SafeInt, $first: Int, $last: Int) {
  commits(after: $after, before: $before, first: $first, last: $last) {
    edges { cursor node { seq } } nodes { seq }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
const ask = (variables: Ask, token?: string) => app.gql(QUERY, variables, token ?? app.owner);

/** By the letter: all commits, cut at both ends, then as many as are asked for of either end. */
function model({ after, before, first, last }: Ask): readonly number[] {
  const all = Array.from({ length: head }, (_, i) => i + 1);
  const inside = all.filter((seq) => seq > (after ?? 0) && seq < (before ?? head + 1));
  return typeof last === 'number' ? inside.slice(Math.max(0, inside.length - last)) : inside.slice(0, first ?? 50);
}

describe('a page of commits', () => {
  it('is what stands between both ends, whatever is asked', async () => {
    const places = [undefined, null, 0, 1, 2, 5, head - 1, head, head + 1, head + 70];
    for (const after of places) {
      for (const before of places.filter((place) => place !== 0)) {
        for (const size of [{}, { first: 0 }, { first: 3 }, { first: 100 }, { last: 0 }, { last: 3 }, { last: 100 }]) {
          const variables = {
            ...(after === undefined ? {} : { after }),
            ...(before === undefined ? {} : { before }),
            ...size,
          };
          const { data } = await ask(variables);
          const { edges, nodes, pageInfo } = data.commits;
          const expected = model(variables);
          const about = JSON.stringify(variables);
          expect(
            nodes.map(({ seq }: { seq: number }) => seq),
            about,
          ).toEqual(expected);
          expect(
            edges.map(({ cursor }: { cursor: string }) => cursor),
            about,
          ).toEqual(expected.map(String));
          expect([pageInfo.startCursor, pageInfo.endCursor], about).toEqual(
            expected.length === 0 ? [null, null] : [String(expected[0]), String(expected.at(-1))],
          );
          if (expected.length === 0) continue;
          expect(pageInfo.hasPreviousPage, about).toBe(expected[0] !== 1);
          expect(pageInfo.hasNextPage, about).toBe(expected.at(-1) !== head);
        }
      }
    }
  });

  it.each(['first', 'last'] as const)('leads by %s through all of them, each once', async (size) => {
    const seen: number[] = [];
    let place: Ask = {};
    for (let more = true; more; ) {
      const { data } = await ask({ ...place, [size]: 4 });
      const { nodes, pageInfo } = data.commits;
      const page: number[] = nodes.map(({ seq }: { seq: number }) => seq);
      if (size === 'first') seen.push(...page);
      else seen.unshift(...page);
      more = size === 'first' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
      place = size === 'first' ? { after: Number(pageInfo.endCursor) } : { before: Number(pageInfo.startCursor) };
    }
    expect(seen).toEqual(Array.from({ length: head }, (_, i) => i + 1));
  });

  it.each<[string, Ask]>([
    ['the first', { first: 3 }],
    ['the last', { last: 3 }],
    ['the last before one', { last: 3, before: 7 }],
    ['the first after one', { first: 3, after: 7 }],
  ])('%s is one read of the log', async (_what, variables) => {
    await ask(variables);
    store.reset();
    const { data } = await ask({ ...variables, ...(variables.last ? { last: 2 } : { first: 2 }) });
    expect(data.commits.nodes).toHaveLength(2);
    expect(store.calls).toEqual({ commitsAfter: 1, lineage: 1 });
  });

  it.each<[string, Ask, string]>([
    ['a place before the first', { after: -1 }, 'after: must be at least 0'],
    ['a place before that', { before: 0 }, 'before: must be at least 1'],
    ['both sizes', { first: 1, last: 1 }, 'last: must not be given together with first'],
    ['too many', { last: 101 }, 'last: must be between 0 and 100'],
    ['less than none', { last: -1 }, 'last: must be between 0 and 100'],
  ])('refuses %s', async (_what, variables, message) => {
    const { errors } = await ask(variables);
    expect(errors?.map((error) => [error.extensions.code, error.message])).toEqual([['INVALID_INPUT', message]]);
  });

  it('is for those who may read the log', async () => {
    const { errors } = await ask({ last: 1 }, await app.token('reader'));
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    head += 1;
    expect((await ask({ last: 1 }, await app.token('auditor'))).data.commits.nodes).toHaveLength(1);
  });
});
