import type { Pace } from '../kernel/pace.ts';
import type { Commit } from '../store/port.ts';

/** Who may be concerned by a commit. */
interface Concerned {
  offer(commit: Commit): void;
  dropAll(why: 'fault'): void;
}

/** Offered to so many at a time: between these others are told already, and everybody else has a turn. */
const AT_A_TIME = 500;

function offer(commit: Commit, to: Concerned): void {
  try {
    to.offer(commit);
  } catch {
    // Nobody is left waiting for what they were not told of.
    to.dropAll('fault');
  }
}

/**
 * Offers commits to those whom they may concern, one commit after the other and a few at a time. Whoever joins meanwhile begins
 * behind the commit; whoever is offered it is given it only if they were before it.
 */
export function createOffers(pace: Pick<Pace, 'begin'>) {
  const waiting: { readonly commit: Commit; readonly to: Iterator<Concerned> }[] = [];

  function some(): undefined {
    for (let left = AT_A_TIME; left > 0; left -= 1) {
      const [first] = waiting;
      if (first === undefined) return;
      const next = first.to.next();
      if (next.done) waiting.shift();
      else offer(first.commit, next.value);
    }
    pace.begin(some);
  }

  return {
    add(commit: Commit, to: Iterable<Concerned>): void {
      waiting.push({ commit, to: to[Symbol.iterator]() });
      if (waiting.length === 1) pace.begin(some);
    },
  };
}
