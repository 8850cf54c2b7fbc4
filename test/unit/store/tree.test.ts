import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Below, Key } from '../../../src/store/port.ts';
import { entryOf, NOTHING_BELOW, pathsTo, wayTo, withHead } from '../../../src/store/tree.ts';
import { aTag } from '../../support/a-commit.ts';

const scopeOf = (id: number): Key => ['acme', `p${id}`];
const headOf = (id: number, seq: number) => ({ scope: scopeOf(id), seq, mac: aTag(`${id}`, seq) });

/** A tree with its nodes, and what is written to them. */
class Grown {
  below: Below = NOTHING_BELOW;
  readonly nodes = new Map<string, Uint8Array>();
  written = 0;

  put(id: number, seq: number): void {
    const { below, nodes } = withHead(this.below, (path) => this.nodes.get(path) ?? null, headOf(id, seq));
    this.below = below;
    for (const { path, bytes } of nodes) this.nodes.set(path, bytes);
    this.written = nodes.length;
  }

  find(id: number, below = this.below) {
    return entryOf(
      below,
      wayTo(scopeOf(id), (path) => this.nodes.get(path) ?? null),
      scopeOf(id),
    );
  }
}

const steps = fc.array(fc.tuple(fc.nat({ max: 80 }), fc.integer({ min: 1, max: 9 })), { maxLength: 150 });

describe('the tree of heads', () => {
  it('says of each what was put last, and of others that they are not there', () => {
    fc.assert(
      fc.property(steps, (puts) => {
        const tree = new Grown();
        const last = new Map<number, number>();
        for (const [id, seq] of puts) {
          tree.put(id, seq);
          last.set(id, seq);
        }
        expect(tree.below.count).toBe(last.size);
        for (let id = 0; id <= 81; id += 1) {
          const seq = last.get(id);
          expect(tree.find(id)).toEqual(seq === undefined ? null : { seq, mac: headOf(id, seq).mac });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('rewrites no more than the way to the one that changes, however many there are', () => {
    const tree = new Grown();
    for (let id = 0; id < 3_000; id += 1) tree.put(id, 1);
    for (const id of [0, 17, 2_999]) {
      tree.put(id, 2);
      expect(tree.written).toBeLessThanOrEqual(4);
      expect(pathsTo(scopeOf(id)).length).toBeLessThanOrEqual(6);
    }
    for (const [path, bytes] of tree.nodes) expect([path, bytes.length <= 1 + 16 * 72]).toEqual([path, true]);
  });

  it('notices any node that was edited, put back or taken away', () => {
    const tree = new Grown();
    for (let id = 0; id < 60; id += 1) tree.put(id, 1);
    const before = new Map(tree.nodes);
    tree.put(7, 2);
    for (const [path, bytes] of [...tree.nodes]) {
      const isOnTheWay = pathsTo(scopeOf(7)).includes(path);
      const last = bytes.length - 1;
      const edits = [
        null,
        before.get(path) ?? null,
        Uint8Array.from(bytes, (byte, i) => (i === last ? byte ^ 1 : byte)),
      ];
      for (const edit of edits) {
        if (edit) tree.nodes.set(path, edit);
        else tree.nodes.delete(path);
        if (isOnTheWay) expect(tree.find(7)).toBe('misfit');
        else expect(tree.find(7)).toEqual({ seq: 2, mac: headOf(7, 2).mac });
        if (isOnTheWay) expect(() => tree.put(7, 3)).toThrow(/integrity/);
        tree.nodes.set(path, bytes);
      }
    }
  });

  it('is of one digest alone', () => {
    const tree = new Grown();
    tree.put(1, 1);
    const before = tree.below;
    tree.put(1, 2);
    expect(tree.find(1, before)).toBe('misfit');
    expect(tree.find(1, { ...tree.below, digest: new Uint8Array(32) })).toBe('misfit');
  });
});
