import type { TeamId } from './port.ts';

/** Who waits for commits of which team. */
export function createListeners() {
  const byTeam = new Map<TeamId, Set<() => void>>();
  function subscribe(team: TeamId, wake: () => void): () => void {
    const waiting = byTeam.get(team) ?? new Set();
    byTeam.set(team, waiting.add(wake));
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && byTeam.get(team) === waiting) byTeam.delete(team);
    };
  }
  const wake = (team: TeamId): void => {
    for (const listener of byTeam.get(team) ?? []) listener();
  };
  const wakeAll = (): void => {
    for (const team of [...byTeam.keys()]) wake(team);
  };
  return { subscribe, wake, wakeAll };
}
