import { turn } from './turn.ts';

/** How many who come at once share the event loop: a few at a time, in the order in which they came, with turns for everything else. */
export interface Pace {
  /** Runs when there is room. One that takes long, because it waits for something slow, makes room for the next. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /**
   * The same for what nobody waits for, which never fails: of those that wait for room nothing but a place in a list is kept. What is
   * done at once answers nothing, and the next goes on in the same moment.
   */
  begin(work: () => Promise<void> | undefined): void;
  /** To be awaited between small pieces of work: a turn for everybody else when it is time. */
  breathe(): Promise<void> | undefined;
}

export interface PaceTerms {
  readonly atOnce?: number;
  readonly sliceMs?: number;
  readonly patienceMs?: number;
  readonly now?: () => number;
}

/** Taken off the list at a time. */
const SWEPT = 1_000;

export function createPace({
  atOnce = 4,
  sliceMs = 2,
  patienceMs = 20,
  now = () => performance.now(),
}: PaceTerms = {}): Pace {
  let active = 0;
  let since = now();
  let queue: (() => Promise<void> | undefined)[] = [];
  let head = 0;
  let isPlanned = false;

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

  /** Never in the middle of what its caller does. */
  function plan(): void {
    if (isPlanned || active >= atOnce || head >= queue.length) return;
    isPlanned = true;
    void (isTime() ? rest() : Promise.resolve()).then(drive);
  }

  function next(): (() => Promise<void> | undefined) | undefined {
    const work = queue[head];
    head += 1;
    if (head > SWEPT) {
      queue = queue.slice(head);
      head = 0;
    }
    return work;
  }

  /** Begins what waits, while there is room and time. */
  function drive(): void {
    isPlanned = false;
    while (active < atOnce && head < queue.length && !isTime()) {
      const done = next()?.();
      if (done) hold(done);
    }
    plan();
  }

  /** It has a place until it is done, or took too long. */
  function hold(done: Promise<void>): void {
    active += 1;
    let isOut = false;
    const leave = (): void => {
      if (isOut) return;
      isOut = true;
      clearTimeout(timer);
      active -= 1;
      plan();
    };
    const timer = setTimeout(leave, patienceMs).unref();
    void done.then(leave);
  }

  function begin(work: () => Promise<void> | undefined): void {
    queue.push(work);
    plan();
  }

  return {
    run: (work) => new Promise((resolve, reject) => begin(() => work().then(resolve, reject))),
    begin,
    breathe: () => (isTime() ? rest() : undefined),
  };
}
