import type { Engine } from '../../src/store/embedded/engine.ts';
import { commitAt, headAt, nodeAt } from '../../src/store/embedded/places.ts';
import { decodeBytes, decodeCommit, decodeHead, encodeBytes, encodeHead } from '../../src/store/embedded/records.ts';
import { createEmbeddedStore } from '../../src/store/embedded/store.ts';
import type { Quotas } from '../../src/store/kept.ts';
import { type Key, type Mac, type OpenedStore, ROOT } from '../../src/store/port.ts';
import type { StoreUnderTest } from '../contract/store-under-test.ts';
import { testMac } from './a-commit.ts';
import { trimmed } from './trimmed-log.ts';

/** The embedded store over an engine that tests can reach into. */
export function storeOverEngine(
  engine: Engine,
  cleanUp: () => void,
  quotas?: Quotas,
  mac: Mac = testMac,
): StoreUnderTest & { readonly store: OpenedStore } {
  const store = createEmbeddedStore(engine, mac, quotas);
  return {
    store,
    async forget(team, first) {
      const read = (place: Uint8Array): Uint8Array => engine.get(place) ?? new Uint8Array();
      const headOf = (scope: Key) => decodeHead(headAt(scope), read(headAt(scope)));
      const lastAt = commitAt(team, first - 1);
      const next = trimmed(
        headOf([team]),
        headOf(ROOT),
        decodeCommit(lastAt, read(lastAt)),
        (path) => {
          const place = nodeAt(ROOT, path);
          const value = engine.get(place);
          return value && decodeBytes(place, value);
        },
        mac,
      );
      const gone = Array.from({ length: first - 1 }, (_, i) => [commitAt(team, i + 1), null] as const);
      const heads = next.heads.map((head) => [headAt(head.scope), encodeHead(headAt(head.scope), head)] as const);
      const nodes = next.nodes.map(({ path, bytes }) => {
        const place = nodeAt(ROOT, path);
        return [place, encodeBytes(place, bytes)] as const;
      });
      await engine.apply([...gone, ...heads, ...nodes]);
    },
    damageLog: (team, seq) => engine.apply([[commitAt(team, seq), null]]),
    async forgeHead(scope) {
      const place = headAt(scope);
      const head = decodeHead(place, engine.get(place) ?? new Uint8Array());
      const mac = Uint8Array.from(head.mac, (byte, i) => (i === 0 ? byte ^ 1 : byte));
      await engine.apply([[place, encodeHead(place, { ...head, mac })]]);
    },
    eraseHead: (scope) => engine.apply([[headAt(scope), null]]),
    async dispose() {
      await store.close();
      cleanUp();
    },
  };
}
