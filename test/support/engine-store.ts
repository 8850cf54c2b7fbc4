import type { Engine } from '../../src/store/embedded/engine.ts';
import { commitAt, firstKeptAt, headAt } from '../../src/store/embedded/places.ts';
import { decodeHead, encodeHead, encodeNumber } from '../../src/store/embedded/records.ts';
import { createEmbeddedStore } from '../../src/store/embedded/store.ts';
import type { Quotas } from '../../src/store/kept.ts';
import type { StoreUnderTest } from '../contract/store-under-test.ts';
import { testMac } from './a-commit.ts';

/** The embedded store over an engine that tests can reach into. */
export function storeOverEngine(engine: Engine, cleanUp: () => void, quotas?: Quotas): StoreUnderTest {
  const store = createEmbeddedStore(engine, testMac, quotas);
  return {
    store,
    async forget(team, first) {
      const place = firstKeptAt(team);
      const gone = Array.from({ length: first - 1 }, (_, i) => [commitAt(team, i + 1), null] as const);
      await engine.apply([...gone, [place, encodeNumber(place, first)]]);
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
