import { expect, it } from 'vitest';
import { unavailable } from '../../../src/kernel/errors.ts';
import { type Batch, createSection, type Engine, type EngineReader } from '../../../src/store/embedded/engine.ts';
import { openMemoryEngine } from '../../../src/store/embedded/memory-engine.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = (value: Uint8Array | null): string | null => value && Buffer.from(value).toString();

/** A memory engine whose writes are counted, and fail on demand. */
function countedEngine() {
  const engine = openMemoryEngine();
  const sizes: number[] = [];
  let failing = false;
  const apply = async (batch: Batch): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    if (failing) throw new Error('disk');
    sizes.push(batch.length);
    await engine.apply(batch);
  };
  const counted: Engine = { ...engine, apply };
  return {
    engine: counted,
    sizes,
    fail: (now: boolean): void => {
      failing = now;
    },
  };
}

const increment = (section: ReturnType<typeof createSection>): Promise<number> =>
  section.write((view) => {
    const next = Number(textOf(view.get(bytes('n'))) ?? '0') + 1;
    return { result: next, batch: [[bytes('n'), bytes(String(next))]] };
  });

it('decisions stand upon those before them, and those that wait share a write', async () => {
  const { engine, sizes } = countedEngine();
  const section = createSection(engine);
  const answers = await Promise.all(Array.from({ length: 32 }, () => increment(section)));
  expect(answers).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
  expect(sizes).toHaveLength(1);
  expect(textOf(engine.get(bytes('n')))).toBe('32');
});

it('a decision that throws writes nothing, and the others go on', async () => {
  const { engine } = countedEngine();
  const section = createSection(engine);
  const refused = section.write(() => {
    throw new Error('no');
  });
  const answers = await Promise.allSettled([increment(section), refused, increment(section)]);
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(textOf(engine.get(bytes('n')))).toBe('2');
});

it('a write that fails fails all that shared it, and later ones stand upon what was there before', async () => {
  const { engine, fail } = countedEngine();
  const section = createSection(engine);
  await increment(section);
  fail(true);
  const answers = await Promise.allSettled([increment(section), increment(section)]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fail(false);
  expect(await increment(section)).toBe(2);
});

it('ranges see what was decided but not yet written', async () => {
  const { engine } = countedEngine();
  const section = createSection(engine);
  await engine.apply(['a', 'b', 'c'].map((name) => [bytes(name), bytes('old')] as const));
  const decided = section.write(() => ({
    result: null,
    batch: [
      [bytes('b'), null],
      [bytes('bb'), bytes('new')],
      [bytes('z'), bytes('outside')],
    ],
  }));
  const seen = section.write((view) => ({ result: view.range(bytes('a'), bytes('d'), 3), batch: [] }));
  await decided;
  expect((await seen).map(({ key }) => textOf(key))).toEqual(['a', 'bb', 'c']);
});

it('idle waits for what is under way', async () => {
  const { engine } = countedEngine();
  const section = createSection(engine);
  const writing = increment(section);
  await section.idle();
  expect(textOf(engine.get(bytes('n')))).toBe('1');
  await writing;
});

it('without room only what relieves is written, decided as if the rest had never been', async () => {
  const { engine, sizes } = countedEngine();
  const asked: (readonly number[])[] = [];
  const full = unavailable('full');
  const section = createSection({
    ...engine,
    makeRoom(added) {
      asked.push(added);
      return Promise.resolve(full);
    },
  });
  const add = (name: string) => () => ({ result: name, batch: [[bytes(name), bytes('12345')]] as Batch });
  const seesA = (view: EngineReader) => ({
    result: view.get(bytes('a')) !== null,
    batch: [[bytes('b'), null]] as Batch,
  });
  const answers = await Promise.allSettled([section.write(add('a')), section.write(seesA, true)]);
  expect(answers).toEqual([
    { status: 'rejected', reason: full },
    { status: 'fulfilled', value: false },
  ]);
  expect([asked, sizes, engine.get(bytes('a'))]).toEqual([[[5, 0]], [1], null]);
});
