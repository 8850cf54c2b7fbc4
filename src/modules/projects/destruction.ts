import type { AccessService } from '../../access/service.ts';
import type { Clock } from '../../kernel/clock.ts';
import { isAppError } from '../../kernel/errors.ts';
import type { Job } from '../../kernel/job.ts';
import type { Log } from '../../kernel/log.ts';
import type { Keys } from '../../keys/keys.ts';
import type { Doc, Kind, Store, TeamId } from '../../store/port.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import { isEmptySet } from '../../vault/document-set.ts';
import type { Vault } from '../../vault/port.ts';
import { ownAuthor, planOf } from '../../vault/writer.ts';
import { projectDocument, type StoredProject } from './model.ts';

export interface DestructionDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
  readonly access: Pick<AccessService, 'teams'>;
  /** Whether the clock has only gone as time does since the process began: one that jumped destroys nothing. */
  readonly isClockSteady: () => boolean;
}

const ACTOR = 'system:projects';
const EVERY_MS = 3_600_000;
/** Documents a commit: contents of files are among them. */
const BATCH = 25;
/** The one kind of a project that is kept under the project's own key. */
const QUEUE: Kind = 'restartQueue';

const changes = changesOf(projectDocument);

/** What is left of a project whose keys are gone, and how it goes. */
function createRemains({ store, vault }: Pick<DestructionDeps, 'store' | 'vault'>) {
  function commit(team: TeamId, made: readonly Change[]) {
    const author = ownAuthor(vault, team, ACTOR);
    return vault.writer.commit(author, planOf(author, 'project.destroy', made));
  }

  async function inScope(kind: Kind, team: TeamId, slug: string): Promise<readonly Doc[]> {
    if (kind === QUEUE) return [await store.get(kind, [team, slug])].filter((doc) => doc !== null);
    // A document of the team whose id is the slug begins with the same two parts.
    const found = await store.list(kind, [team, slug], { limit: BATCH });
    return found.filter(({ key }) => key.length >= 3);
  }

  async function removeAll(team: TeamId, slug: string, signal: AbortSignal): Promise<boolean> {
    const sets = (await store.head([team, slug]))?.sets ?? new Map();
    for (const kind of [...sets.keys(), QUEUE]) {
      if (kind === 'dek') continue;
      for (let docs = await inScope(kind, team, slug); docs.length > 0; docs = await inScope(kind, team, slug)) {
        if (signal.aborted) return false;
        await commit(team, docs.map(removalOf));
      }
    }
    return true;
  }

  /** Documents that were edited or erased behind the gateway leave a sum that no new project may inherit. */
  async function isEmptied(team: TeamId, slug: string): Promise<boolean> {
    const head = await store.head([team, slug]);
    return [...(head?.sets ?? [])].every(([kind, set]) => kind === 'dek' || isEmptySet(set));
  }

  return { commit, removeAll, isEmptied };
}

/**
 * Destroys projects whose grace is over: first the data keys, so that nothing can be read any more, then the documents in
 * small commits, and the slug is free. Each step is found in the store, so whoever comes after a crash goes on from there.
 */
export function createDestruction({ store, vault, keys, clock, log, access, isClockSteady }: DestructionDeps): Job {
  const { commit, removeAll, isEmptied } = createRemains({ store, vault });

  async function stored(team: TeamId, slug: string): Promise<StoredProject | null> {
    return (await (await vault.view(team)).set(projectDocument)).get(slug);
  }

  /** From here on nobody can restore it; its name and description go with their history. */
  async function begin(project: StoredProject): Promise<void> {
    const [team = '', slug = ''] = project.key;
    const fields = { ...project.fields, name: slug, destruction: 'begun' } as const;
    await commit(team, [changes.erase(project, fields, { description: null })]);
  }

  async function destroy(team: TeamId, slug: string, signal: AbortSignal): Promise<void> {
    const before = await stored(team, slug);
    if (!before?.deleted || before.fields.destruction === 'done') return;
    if (before.fields.destruction === null) await begin(before);
    const begun = await stored(team, slug);
    if (begun?.fields.destruction !== 'begun') return;
    await commit(team, [{ op: 'purge', kind: projectDocument.kind, key: begun.key, before: begun.revision }]);
    await keys.shred(team, slug, ACTOR);
    if (!(await removeAll(team, slug, signal))) return;
    if (!(await isEmptied(team, slug))) {
      log.error('integrity_failure', { kind: 'project', document: `${team}/${slug}` });
      return;
    }
    const deks = await store.list('dek', [team, slug], { limit: 1_000 });
    const done = { ...begun.fields, destruction: 'done' } as const;
    await commit(team, [...deks.map(removalOf), changes.erase(begun, done)]);
    keys.forget(team, slug);
  }

  /** Whoever else is at it may be faster. */
  const unlessRaced = (error: unknown): void => {
    if (!isAppError(error) || error.code !== 'CONFLICT') throw error;
  };

  async function forTeam(team: TeamId, signal: AbortSignal): Promise<void> {
    const { intact } = await (await vault.view(team)).set(projectDocument);
    const now = clock().toISOString();
    for (const { key, deleted, fields } of intact) {
      if (!deleted || fields.destruction === 'done' || signal.aborted) continue;
      const slug = idOf(key);
      // Neither its keys nor one that was made for it stay in the memory of any process.
      if (fields.destruction === null) await keys.openingKeys(team, slug);
      keys.forget(team, slug);
      const isDue = fields.shredAfter !== null && fields.shredAfter <= now;
      if (isDue) await destroy(team, slug, signal).catch(unlessRaced);
    }
  }

  return {
    name: 'projects',
    everyMs: EVERY_MS,
    async run(signal) {
      for (const team of await access.teams()) {
        if (!isClockSteady()) return log.warn('The clock has jumped: no project is destroyed', {});
        if (!signal.aborted) await forTeam(team, signal);
      }
    },
  };
}

const removalOf = ({ kind, key, revision }: Doc): Change => ({ op: 'remove', kind, key, expected: revision });
