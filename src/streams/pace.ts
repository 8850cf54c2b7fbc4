import { turn } from '../kernel/turn.ts';

/** How deliveries share the event loop: a few at a time, in the order in which they came, with turns for everything else. */
export interface Pace {
  /** Runs when there is room. One that takes long, because it waits for something slow, makes room for the next. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** The same for what nobody waits for, which never rejects: of those that wait for room nothing but a place in a list is kept. */
  begin(work: () => Promise<void>): void;
  /** To be awaited between small pieces of work: a turn for everybody else when it is time. */
  breathe(): Promise<void> | undefined;
}

export interface PaceTerms {
  readonly atOnce?: number;
  readonly sliceMs?: number;
  readonly patienceMs?: number;
  readonly now?: () => number;
}

export function createPace({
  atOnce = 4,
  sliceMs = 5,
  patienceMs = 20,
  now = () => performance.now(),
}: PaceTerms = {}): Pace {
  let active = 0;
  let since = now();
  let queue: (() => void)[] = [];
  let head = 0;

  const isTime = (): boolean => now() - since > sliceMs;

  /** One for all who wait, so that there is one slice between two turns. */
  let resting: Promise<void> | null = null;
  function rest(): Promise<void> {
    resting ??= turn().then(() => {
      since = now();
      resting = null;
    });
    return resting;
  }

  /** Hands the place on, or gives it back. Once per place. */
  function release(): void {
    const next = queue[head];
    if (!next) {
      active -= 1;
      return;
    }
    head += 1;
    if (head > 1_000) {
      queue = queue.slice(head);
      head = 0;
    }
    next();
  }

  /** With a place taken for it. */
  async function placed<T>(work: () => Promise<T>): Promise<T> {
    let isOut = false;
    const leave = (): void => {
      if (isOut) return;
      isOut = true;
      release();
    };
    const timer = setTimeout(leave, patienceMs);
    timer.unref();
    try {
      while (isTime()) await rest();
      return await work();
    } finally {
      clearTimeout(timer);
      leave();
    }
  }

  return {
    async run(work) {
      if (active >= atOnce) await new Promise<void>((go) => queue.push(go));
      else active += 1;
      return placed(work);
    },
    begin(work) {
      const go = (): void => void placed(work);
      if (active >= atOnce) queue.push(go);
      else {
        active += 1;
        go();
      }
    },
    breathe: () => (isTime() ? rest() : undefined),
  };
}
