import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api.ts';
import type { Place } from './resolved.ts';
import { printable } from './text.ts';

interface Deps {
  readonly say: (words: string) => void;
  readonly signal: AbortSignal;
}

const FOLLOW = `subscription Follow($project: Slug!, $workload: WorkloadRefInput!, $scope: Scope!, $after: Cursor) {
  environmentChanged(project: $project, workload: $workload, scope: $scope, after: $after) {
    __typename ... on EnvironmentEvent { cursor digest } ... on HistoryExpired { cursor } } }`;

/** More changes that come so soon after one are one change. */
const GATHER_MS = 250;
const LONGEST_WAIT_MS = 30_000;

interface Told {
  readonly environmentChanged: { readonly cursor: string };
}

/**
 * Calls `onChange` whenever what the workload gets may have changed, one call at a time, until `signal`. A stream that ends is
 * taken up where it was; what fails is said and tried again, and what runs is left alone.
 */
export async function watchEnvironment(
  api: Api,
  { project, kind, id, scope }: Place,
  { say, signal }: Deps,
  onChange: () => Promise<void>,
): Promise<void> {
  let after: string | null = null;
  let wait = 250;
  const changes = gathered(onChange, say);
  while (!signal.aborted) {
    try {
      // Without a place to go on from, something may have happened while nobody listened.
      if (after === null) changes.ask();
      const variables: object = { project, workload: { kind, id }, scope, after };
      for await (const told of api.events<Told>(FOLLOW, variables, signal)) {
        after = told.environmentChanged.cursor;
        wait = 250;
        changes.ask();
      }
    } catch (error) {
      if (signal.aborted) return;
      say(printable(`changes cannot be followed, trying again: ${wordsOf(error)}`));
    }
    await sleep(wait, undefined, { signal }).catch(() => {});
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
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
  (error as Error).name === 'Failure' ? (error as Error).message : `it failed (${(error as Error).name})`;
