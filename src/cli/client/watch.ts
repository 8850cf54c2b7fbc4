import { setTimeout as sleep } from 'node:timers/promises';
import { watchAt } from '../../client/watch.ts';
import type { Api } from './api.ts';
import type { Place } from './resolved.ts';
import { printable } from './text.ts';

interface Deps {
  readonly say: (words: string) => void;
  readonly signal: AbortSignal;
  /** What is known of it already. */
  readonly since: { readonly digest: string };
}

/** More changes that come so soon after one are one change. */
const GATHER_MS = 250;
/** Until what was refused is asked for again: somebody may have changed it. */
const REFUSED_MS = 30_000;

/**
 * Calls `onChange` whenever what the workload gets may have changed, one call at a time, until `signal`. A stream that ends is
 * taken up where it was; what fails is said and tried again, and what runs is left alone.
 */
export async function watchEnvironment(
  { transport }: Api,
  place: Place,
  { say, signal, since }: Deps,
  onChange: () => Promise<void>,
): Promise<void> {
  const changes = gathered(onChange, say);
  const failed = (error: unknown): void =>
    say(printable(`changes cannot be followed, trying again: ${wordsOf(error)}`));
  let after: string | null = null;
  while (!signal.aborted) {
    try {
      const from: { readonly since: Deps['since'] } | { readonly after: string } =
        after === null ? { since } : { after };
      for await (const { cursor } of watchAt(transport, place, { ...from, signal, onRetry: failed })) {
        after = cursor;
        changes.ask();
      }
    } catch (error) {
      if (signal.aborted) return;
      failed(error);
      await sleep(REFUSED_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** Runs `work` soon after it is asked for, and again when it was asked for meanwhile. */
function gathered(work: () => Promise<void>, say: (words: string) => void): { ask(): void } {
  let asked = false;
  let isBusy = false;
  async function drain(): Promise<void> {
    isBusy = true;
    while (asked) {
      await sleep(GATHER_MS);
      asked = false;
      await work().catch((error: unknown) => say(printable(`nothing is changed: ${wordsOf(error)}`)));
    }
    isBusy = false;
  }
  return {
    ask: () => {
      asked = true;
      if (!isBusy) void drain();
    },
  };
}

const wordsOf = (error: unknown): string =>
  ['Failure', 'KeyloomError'].includes((error as Error).name)
    ? (error as Error).message
    : `it failed (${(error as Error).name})`;
