import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byCodePoint } from '../../src/kernel/ids.ts';
import type { Fields, Key, Kind } from '../../src/store/port.ts';
import { aCommit, aPut, aTag, keptLeaf, keptTag } from '../support/a-commit.ts';
import type { OpenStore, StoreUnderTest } from './store-under-test.ts';

const idsOf = (docs: readonly { readonly key: Key }[]): readonly string[] => docs.map(({ key }) => key.join('/'));

export function readsContract(open: OpenStore): void {
  let under: StoreUnderTest;
  beforeAll(async () => {
    under = await open();
  });
  afterAll(() => under.dispose());

  it('isEmpty: whether there is nothing at all in it, of whatever kind', async () => {
    const fresh = await open();
    try {
      expect(await fresh.store.isEmpty()).toBe(true);
      const key = ['acme', 'a note'];
      // A kind that nobody here knows is kept like the others.
      const kind = 'somethingElse' as Kind;
      await fresh.store.commit(aCommit([aPut(key, null, { kind })]));
      expect(await fresh.store.isEmpty()).toBe(false);
      expect(idsOf(await fresh.store.list(kind, ['acme'], { limit: 5 }))).toEqual(['acme/a note']);
      await fresh.store.commit(aCommit([{ op: 'remove', kind, key, expected: 1 }]));
      // The log goes on telling of it.
      expect(await fresh.store.isEmpty()).toBe(false);
    } finally {
      await fresh.dispose();
    }
  });

  describe('get: a copy; absent is null, never an error', () => {
    it('answers what was put', async () => {
      const put = aPut(['acme', 'shop', 'copy'], null, {
        fields: { a: [1, { b: null }] },
        body: Buffer.from([0, 255, 1]),
      });
      const { seq } = await under.store.commit(aCommit([put]));
      expect(await under.store.get('secretGroup', put.key)).toEqual({
        kind: 'secretGroup',
        key: ['acme', 'shop', 'copy'],
        revision: 1,
        seq,
        deleted: false,
        fields: { a: [1, { b: null }] },
        body: new Uint8Array([0, 255, 1]),
        // Bound to the number that the commit got.
        tag: keptTag(put.tag, seq),
        since: 1,
        leaf: keptLeaf(put.tag, seq),
      });
    });

    it('is a copy: changing it changes nothing stored', async () => {
      const key = ['acme', 'shop', 'mine'];
      const { seq } = await under.store.commit(aCommit([aPut(key, null, { fields: { list: ['a'] } })]));
      const mine = await under.store.get('secretGroup', key);
      mine?.body.fill(0);
      mine?.tag.fill(0);
      (mine?.fields.list as string[] | undefined)?.push('b');
      const theirs = await under.store.get('secretGroup', key);
      expect(theirs?.fields).toEqual({ list: ['a'] });
      expect(theirs?.tag).toEqual(keptTag(aTag('secretGroup', ...key, 1), seq));
      expect(Buffer.from(theirs?.body ?? []).toString()).toBe('body of acme/shop/mine 0');
    });

    it.each<[string, Key]>([
      ['an unknown key', ['acme', 'shop', 'nowhere']],
      ['a prefix of a known key', ['acme', 'shop']],
      ['an empty key', []],
      ['an empty part', ['acme', '', 'x']],
      ['NUL in a part', ['acme\0shop', 'mine']],
      ['half a character', ['acme', '\ud800']],
      ['a part of 201 characters', ['acme', 'x'.repeat(201)]],
    ])('%s is null', async (_what, key) => {
      expect(await under.store.get('secretGroup', key)).toBeNull();
      expect(await under.store.getMany('secretGroup', [key])).toEqual([null]);
      expect(await under.store.revisions('secretGroup', key, { limit: 5 })).toEqual([]);
    });

    it('keeps kinds apart', async () => {
      await under.store.commit(aCommit([aPut(['acme', 'shop', 'kinds'])]));
      expect(await under.store.get('service', ['acme', 'shop', 'kinds'])).toBeNull();
    });

    it('keeps any JSON as fields, and never takes it for an operator or a prototype', async () => {
      const text =
        '{"$set":{"x":1},"a.b":{"$gt":""},"__proto__":{"polluted":true},"":"","\\u0000":"\\u0000","n":[1e308,-1.5,0,true,null],"half":"\\ud83d"}';
      const fields = JSON.parse(text) as Fields;
      await under.store.commit(aCommit([aPut(['acme', 'shop', 'json'], null, { fields })]));
      const stored = await under.store.get('secretGroup', ['acme', 'shop', 'json']);
      expect(JSON.stringify(stored?.fields)).toBe(JSON.stringify(fields));
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    });

    it('keeps keys with operators and dots in them', async () => {
      const key = ['acme', '$where', 'a.b/c*%\u0001'];
      await under.store.commit(aCommit([aPut(key)]));
      expect((await under.store.get('secretGroup', key))?.key).toEqual(key);
    });

    it('keeps bodies of nothing and of a mebibyte, and the longest key', async () => {
      const key = ['\u4e16'.repeat(200), '\u4e16'.repeat(200), '\u4e16'.repeat(195)];
      const big = aPut(key, null, { body: Buffer.alloc(1_048_576, 7) });
      await under.store.commit(aCommit([big, aPut(['acme', 'shop', 'empty'], null, { body: new Uint8Array() })]));
      expect((await under.store.get('secretGroup', key))?.body.length).toBe(1_048_576);
      expect((await under.store.get('secretGroup', ['acme', 'shop', 'empty']))?.body).toEqual(new Uint8Array());
      await under.store.commit(aCommit([aPut(key, 1)]));
      expect(await under.store.revisions('secretGroup', key, { limit: 9 })).toHaveLength(2);
    });
  });

  describe('getMany: answers in the order of `keys`', () => {
    it('with null for what is absent and twice for what is asked twice', async () => {
      await under.store.commit(aCommit([aPut(['acme', 'many', 'a']), aPut(['acme', 'many', 'b'])]));
      const keys = ['b', 'nowhere', 'a', 'b'].map((id) => ['acme', 'many', id]);
      const docs = await under.store.getMany('secretGroup', keys);
      expect(docs.map((doc) => doc?.key.at(-1) ?? null)).toEqual(['b', null, 'a', 'b']);
      expect(await under.store.getMany('secretGroup', [])).toEqual([]);
    });
  });

  describe('list: documents whose key begins with `prefix` (whole parts), in key order by code point, after `page.after`', () => {
    const ids = ['a', 'a-', 'a.b', 'B', 'b', '\u00e9', '\uff5e', '\u{1f600}', '0', '~', '\u0001'];
    beforeAll(async () => {
      const writes = [...ids.map((id) => aPut(['acme', 'list', id])), aPut(['acme', 'listing', 'x'])];
      await under.store.commit(aCommit([...writes, aPut(['acme', 'list']), aPut(['acme', 'list', 'a', 'under'])]));
    });
    const all = (): readonly string[] =>
      ['acme/list', 'acme/list/a/under', ...ids.map((id) => `acme/list/${id}`)].sort((a, b) =>
        byCodePoint(a.replaceAll('/', '\0'), b.replaceAll('/', '\0')),
      );

    it('in order, whole parts only', async () => {
      expect(idsOf(await under.store.list('secretGroup', ['acme', 'list'], { limit: 100 }))).toEqual(all());
    });

    it('page by page, whatever the size', async () => {
      for (const limit of [1, 2, 5]) {
        const seen: string[] = [];
        for (let after: Key | undefined; ; ) {
          const page = await under.store.list('secretGroup', ['acme', 'list'], after ? { after, limit } : { limit });
          if (page.length === 0) break;
          seen.push(...idsOf(page));
          after = page.at(-1)?.key;
        }
        expect(seen).toEqual(all());
      }
    });

    it('after a key that is not there, before the prefix, or past it', async () => {
      const behind = (key: Key) => under.store.list('secretGroup', ['acme', 'list'], { after: key, limit: 100 });
      expect(idsOf(await behind(['acme', 'list', 'a-0']))[0]).toBe('acme/list/a.b');
      expect(idsOf(await behind(['aaa']))).toEqual(all());
      expect(idsOf(await behind(['acme', 'zzz']))).toEqual([]);
    });

    it('none for a limit of nought, all of a kind for an empty prefix, none for what no key begins with', async () => {
      await under.store.commit(
        aCommit([aPut(['tags', 'one'], null, { kind: 'tag' }), aPut(['a', 'two'], null, { kind: 'tag' })]),
      );
      expect(await under.store.list('secretGroup', ['acme'], { limit: 0 })).toEqual([]);
      expect(idsOf(await under.store.list('tag', [], { limit: 9 }))).toEqual(['a/two', 'tags/one']);
      expect(await under.store.list('secretGroup', ['acm'], { limit: 9 })).toEqual([]);
      expect(await under.store.list('secretGroup', ['\ud800'], { limit: 9 })).toEqual([]);
    });
  });

  describe('holds: whether anything at all is kept below a key, also what no head counts', () => {
    it('tells a document, a head and a commit, and no neighbour', async () => {
      const { store, eraseHead, dispose } = await open();
      try {
        expect(await store.holds(['acme'])).toBe(false);
        await store.commit(aCommit([aPut(['acme', 'shop', 'one'])]));
        const holding = (): Promise<readonly boolean[]> =>
          Promise.all([['acme'], ['acme', 'shop'], ['acme', 'shop', 'one']].map((key) => store.holds(key)));
        expect(await holding()).toEqual([true, true, true]);
        for (const key of [['acm'], ['acmes'], ['acme', 'sho'], ['shop'], ['acme\0'], [''], []]) {
          expect(await store.holds(key)).toBe(false);
        }
        await store.commit(aCommit([{ op: 'remove', kind: 'secretGroup', key: ['acme', 'shop', 'one'], expected: 1 }]));
        // Its head still counts what is in the project.
        expect(await holding()).toEqual([true, true, false]);
        await eraseHead(['acme', 'shop']);
        // What the documents added up to lies beside it.
        expect(await holding()).toEqual([true, true, false]);
        await eraseHead(['acme']);
        expect(await holding()).toEqual([true, true, false]);
      } finally {
        await dispose();
      }
    });
  });

  describe('revisions: all still kept, the present one first', () => {
    const key = ['acme', 'shop', 'revised'];
    const revisionsAt = async (after?: readonly string[], limit = 9) =>
      (await under.store.revisions('secretGroup', key, after ? { after, limit } : { limit })).map(
        (doc) => doc.revision,
      );
    beforeAll(async () => {
      for (const expected of [null, 1, 2, 3]) await under.store.commit(aCommit([aPut(key, expected)]));
      await under.store.commit(aCommit([aPut([...key, 'child'])]));
    });

    it('newest first, each as it was', async () => {
      const docs = await under.store.revisions('secretGroup', key, { limit: 9 });
      expect(docs.map(({ revision }) => revision)).toEqual([4, 3, 2, 1]);
      expect(docs.map(({ body }) => Buffer.from(body).toString())).toEqual(
        [3, 2, 1, 0].map((expected) => `body of acme/shop/revised ${expected}`),
      );
      expect(docs.map(({ tag }) => tag)).toEqual(
        docs.map(({ revision, seq }) => keptTag(aTag('secretGroup', ...key, revision), seq)),
      );
    });

    it('`page.after` is `[String(revision)]`', async () => {
      expect(await revisionsAt(['4'])).toEqual([3, 2, 1]);
      expect(await revisionsAt(['3'], 1)).toEqual([2]);
      expect(await revisionsAt(['1'])).toEqual([]);
      expect(await revisionsAt(['100'], 2)).toEqual([4, 3]);
      await expect(revisionsAt(['x'])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    });

    it('`page.asOf` answers the newest revision of no later commit, and before it the one that followed', async () => {
      const all = await under.store.revisions('secretGroup', key, { limit: 9 });
      const seqs = all.map(({ seq }) => seq);
      const asOf = async (seq: number) =>
        (await under.store.revisions('secretGroup', key, { asOf: seq, limit: 9 })).map(({ revision }) => revision);
      const [fourth = 0, third = 0, second = 0, first = 0] = seqs;
      expect(await asOf(fourth + 5)).toEqual([4]);
      expect(await asOf(fourth)).toEqual([4]);
      expect(await asOf(fourth - 1)).toEqual([4, 3]);
      expect(await asOf(third)).toEqual([4, 3]);
      expect(await asOf(second)).toEqual([3, 2]);
      expect(await asOf(first)).toEqual([2, 1]);
      expect(await asOf(first - 1)).toEqual([1]);
      expect(await under.store.revisions('secretGroup', ['acme', 'no', 'body'], { asOf: 9, limit: 9 })).toEqual([]);
      const [followed, found] = await under.store.revisions('secretGroup', key, { asOf: second, limit: 9 });
      expect([followed, found]).toEqual([all[1], all[2]]);
    });

    it('purge erases history older than `before`; the document itself stays', async () => {
      await under.store.commit(aCommit([{ op: 'purge', kind: 'secretGroup', key, before: 3 }]));
      expect(await revisionsAt()).toEqual([4, 3]);
      // What is gone is older than all that is kept: the first that is kept is told, and that nothing is before it.
      const past = await under.store.revisions('secretGroup', key, { asOf: 1, limit: 9 });
      expect(past.map(({ revision }) => revision)).toEqual([3]);
      await under.store.commit(aCommit([{ op: 'purge', kind: 'secretGroup', key, before: 99 }]));
      expect(await revisionsAt()).toEqual([4]);
      expect(await under.store.revisions('secretGroup', [...key, 'child'], { limit: 9 })).toHaveLength(1);
    });

    it('remove erases a document and its history', async () => {
      await under.store.commit(aCommit([aPut(key, 4)]));
      await under.store.commit(aCommit([{ op: 'remove', kind: 'secretGroup', key, expected: 5 }]));
      expect(await revisionsAt()).toEqual([]);
      expect(await under.store.get('secretGroup', key)).toBeNull();
      await under.store.commit(aCommit([aPut(key)]));
      expect(await revisionsAt()).toEqual([1]);
    });
  });
}
