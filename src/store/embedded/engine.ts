import type { AppError } from '../../kernel/errors.ts';
import type { Trouble } from '../port.ts';

/** Bytes in order. A key is up to 1,978 bytes. */
export interface EngineReader {
  /** Null when absent. */
  readonly get: (key: Uint8Array) => Uint8Array | null;
  /** From `start` on, before `end`, at most `limit`. */
  readonly range: (start: Uint8Array, end: Uint8Array, limit: number) => readonly Entry[];
}

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Null removes. */
export type Batch = readonly (readonly [key: Uint8Array, value: Uint8Array | null])[];

/** An ordered store of bytes, read synchronously. */
export interface Engine extends EngineReader {
  /** All or nothing; durable when it resolves. Never called again before it has. */
  readonly apply: (batch: Batch) => Promise<void>;
  /** How often it was written to, or may have been: while this stays the same, so does all that is read. null: a write is under way. */
  readonly writes: () => number | null;
  /**
   * Whether `added`, the sizes of values, can be written and a reserve is left: null when they can. Never called while a write
   * is under way. Without any: a write of a usual size. Absent: there is always room.
   */
  readonly makeRoom?: (added: readonly number[]) => null | Promise<AppError | null>;
  /** What keeps it from being written to. */
  readonly trouble?: () => Trouble | null;
  /** Throws when another process has taken it over: then nothing that was read counts any more. Absent: nobody can. */
  readonly standing?: () => void;
  /** Told once, when that is noticed. */
  readonly onLost?: (told: (reason: AppError) => void) => void;
  readonly close: () => Promise<void>;
}

interface Decision<T> {
  readonly result: T;
  readonly batch: Batch;
  /** Called once it is durable, before anybody is answered. */
  readonly written?: () => void;
}

interface Waiting {
  /** Adds what it decides to the view; answers how to tell its caller. */
  readonly decide: (view: Overlaid) => () => void;
  /** Only ends or removes something: it may use the reserve. */
  readonly relieves: boolean;
  readonly fail: (error: unknown) => void;
}

/** At most so many decisions in one write. */
const GROUP = 256;
/** Latin-1 keeps bytes apart and in order, and a string can be the key of a map. */
const nameOf = (key: Uint8Array): string => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');

/**
 * The serialised section: decisions run one after another, each upon what those before it decided. Those that wait while a
 * write is under way share the next one, so that many writers pay for one sync. A decision that throws writes nothing.
 */
export function createSection(engine: Engine) {
  const waiting: Waiting[] = [];
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    // Lets everyone who is ready in this turn of the event loop join.
    await null;
    while (waiting.length > 0) await writeGroup(engine, waiting.splice(0, GROUP));
    running = null;
  }

  function write<T>(decide: (view: EngineReader) => Decision<T>, relieves = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const join = (view: Overlaid): (() => void) => {
        const { result, batch, written } = decide(view);
        for (const put of batch) view.overlay.set(nameOf(put[0]), put);
        return () => {
          try {
            written?.();
            resolve(result);
          } catch (error) {
            reject(error as Error);
          }
        };
      };
      waiting.push({ decide: join, relieves, fail: reject });
      running ??= run();
    });
  }

  /** Resolves when everything under way has been written or refused. */
  const idle = async (): Promise<void> => {
    while (running) await running;
  };
  return { write, idle };
}

interface Overlaid extends EngineReader {
  readonly overlay: Map<string, Batch[number]>;
}

interface Decided extends Waiting {
  readonly acknowledge: () => void;
}

function decideAll(group: readonly Waiting[], view: Overlaid): readonly Decided[] {
  return group.flatMap((each) => {
    try {
      return [{ ...each, acknowledge: each.decide(view) }];
    } catch (error) {
      each.fail(error);
      return [];
    }
  });
}

const sizesOf = ({ overlay }: Overlaid): readonly number[] =>
  [...overlay.values()].map(([, value]) => value?.length ?? 0);

async function writeGroup(engine: Engine, group: readonly Waiting[]): Promise<void> {
  let view = overlaid(engine);
  let decided = decideAll(group, view);
  const refused = (await engine.makeRoom?.(sizesOf(view))) ?? null;
  if (refused && view.overlay.size > 0) {
    for (const { relieves, fail } of decided) if (!relieves) fail(refused);
    view = overlaid(engine);
    // Anew: what they decided may stand upon what has been refused.
    decided = decideAll(
      decided.filter(({ relieves }) => relieves),
      view,
    );
  }
  try {
    const batch = [...view.overlay.values()];
    if (batch.length > 0) await engine.apply(batch);
  } catch (error) {
    for (const { fail } of decided) fail(error);
    return;
  }
  for (const { acknowledge } of decided) acknowledge();
}

/** The engine as it will be once what was decided is written. */
function overlaid(engine: EngineReader): Overlaid {
  const overlay = new Map<string, Batch[number]>();
  const get = (key: Uint8Array): Uint8Array | null => {
    const decided = overlay.get(nameOf(key));
    return decided === undefined ? engine.get(key) : decided[1];
  };
  const range = (start: Uint8Array, end: Uint8Array, limit: number): readonly Entry[] => {
    const from = nameOf(start);
    const to = nameOf(end);
    const found = new Map(engine.range(start, end, limit + overlay.size).map((entry) => [nameOf(entry.key), entry]));
    for (const [name, [key, value]] of overlay) {
      if (name < from || name >= to) continue;
      if (value) found.set(name, { key, value });
      else found.delete(name);
    }
    const ordered = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, limit);
    return ordered.map(([, entry]) => entry);
  };
  return { get, range, overlay };
}
