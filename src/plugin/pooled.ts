import { callsOver } from './isolated.ts';
import { type ChildDeps, loadedChild, startedChild } from './open-child.ts';
import { type LoadedPlugin, type PluginFacts, PluginFailure } from './plugin.ts';
import type { Pool } from './pool.ts';
import type { Redactor } from './redact.ts';

export interface PooledDeps extends ChildDeps {
  readonly pool: Pool;
  readonly options: unknown;
  readonly redactor: Redactor;
  /** What the plugin said of itself in this process. */
  readonly known: PluginFacts;
}

/** What of a shipped addon speaks to a backing service: each call has a process of its own while it lasts. */
export function pooledCalls(deps: PooledDeps): Pick<LoadedPlugin, 'check' | 'rotate' | 'retire'> {
  const { pool, bounds, lines, redactor, known } = deps;
  const open = async () => {
    const { link } = await loadedChild(deps, known);
    await startedChild(link, { ...deps, isExclusive: true });
    return link;
  };
  const { check, rotate, retire } = callsOver(async (method, given) => {
    redactor.learn(given);
    lines.begin();
    try {
      const answer = await pool.use(known.id, open, (link) => link.call(method, given, bounds.deadlineMs));
      redactor.learn(answer);
      return answer;
    } catch (error) {
      throw error instanceof PluginFailure ? error : new PluginFailure('FAILED');
    } finally {
      lines.end();
    }
  });
  return { check, rotate, retire };
}
