import type { Globals, Group } from '../../domain/types.ts';
import { inParallel } from '../../kernel/parallel.ts';
import type { Vault } from '../../vault/port.ts';
import { evenReading, type View } from '../../vault/reading.ts';
import { groupDocument, groupFacts } from '../secret-groups/model.ts';
import { globalsAsOf } from './globals.ts';

/** The groups of a project and the global secrets as an earlier commit left them. */
interface Past {
  /** What became a secret since then is guarded as one. */
  readonly groups: readonly Group[];
  readonly globals: Globals;
}

export function createPasts(vault: Vault) {
  const pasts = new WeakMap<View, Map<string, Promise<Past>>>();

  async function readPast(project: string, seq: number, view: View): Promise<Past> {
    const present = await view.set(groupDocument, project);
    for (const damaged of present.damaged) present.get(damaged);
    const then = await inParallel(present.all, (group) =>
      vault.asOf(groupDocument, group, seq, evenReading(view.work)),
    );
    const groups = present.all.flatMap((group, i): readonly Group[] => {
      const stored = then[i];
      if (!stored) return [];
      const facts = groupFacts(stored);
      return [group.fields.type === facts.type ? facts : { ...facts, type: 'secret' }];
    });
    return { groups, globals: await globalsAsOf(vault, view, seq) };
  }

  /** Read once for all workloads that are asked for in one view. */
  return function pastOf(project: string, seq: number, view: View): Promise<Past> {
    const known = pasts.get(view) ?? new Map<string, Promise<Past>>();
    pasts.set(view, known);
    const name = `${project} ${seq}`;
    const past = known.get(name) ?? readPast(project, seq, view);
    known.set(name, past);
    return past;
  };
}
