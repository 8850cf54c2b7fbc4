import { LRUCache } from 'lru-cache';
import type { Session } from '../../access/session.ts';
import { diffMaps, type NameDiff, writtenNames } from '../../domain/diff.ts';
import type { Sensitivity } from '../../domain/types.ts';
import type { Clock } from '../../kernel/clock.ts';
import { notFound } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import { type Change, ownReading, type Reading, type Vault } from '../../vault/vault.ts';
import { type GroupFields, type GroupState, groupDocument, type StoredGroup, stateOf } from './model.ts';
import { mayOnGroup } from './rights.ts';

const DAY = 86_400_000;
/** How often old revisions are looked for: every so many revisions. */
const PRUNE_EVERY = 10;

export interface GroupDiff {
  /** Names of plain fields that differ. */
  readonly fields: readonly string[];
  readonly variables: NameDiff;
  readonly files: NameDiff;
  readonly dockerSecretMounts: NameDiff;
  readonly addonLinks: NameDiff;
}

export interface HistoryDeps {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** The revisions of a group that are still kept. */
export function createHistory({ vault, clock, limits }: HistoryDeps) {
  /** Group -> when old revisions are worth looking for again: a busy group has none for a day. */
  const worthwhile = new LRUCache<string, number>({ max: 10_000 });

  async function revision(group: StoredGroup, wanted: number, session: Session): Promise<StoredGroup> {
    if (wanted === group.revision) return group;
    const after = [String(wanted + 1)];
    const [found] =
      wanted < 1 ? [] : await vault.revisions(groupDocument, group.key, { after, limit: 1 }, readingOf(group, session));
    if (found?.revision !== wanted) throw notFound('Revision', String(wanted));
    return found;
  }

  const revisions = (group: StoredGroup, session: Session): Promise<readonly StoredGroup[]> =>
    vault.revisions(groupDocument, group.key, { limit: 10_000 }, readingOf(group, session));

  /** `maySee`: who may not see the values of a type is told what was written, not what differs. */
  async function diff(
    group: StoredGroup,
    from: number,
    to: number,
    maySee: (type: Sensitivity) => boolean,
    session: Session,
  ): Promise<GroupDiff> {
    const before = stateOf(await revision(group, from, session));
    const after = stateOf(await revision(group, to, session));
    const isSeen = from === to || [before, after, group.fields].every(({ type }) => maySee(type));
    const diffOf = isSeen ? diffMaps<string> : writtenNames;
    const hashes = (map: GroupState['files']) => new Map([...map].map(([name, { hash }]) => [name, hash]));
    return {
      fields: PLAIN.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])),
      variables: diffOf(before.variables, after.variables),
      files: diffOf(hashes(before.files), hashes(after.files)),
      dockerSecretMounts: diffOf(hashes(before.mounts), hashes(after.mounts)),
      addonLinks: diffMaps(linksOf(before), linksOf(after)),
    };
  }

  /** Now and then forgets revisions beyond the number kept, but none younger than a day, and contents that only they held. */
  async function prune(group: StoredGroup, session: Session): Promise<void> {
    if (group.revision <= limits.revisionsKept || group.revision % PRUNE_EVERY !== 0) return;
    const now = clock().getTime();
    if (now < (worthwhile.get(group.key.join('\0')) ?? 0)) return;
    // In turn with other writes of the group, so that none goes back to a revision that is being forgotten.
    await session.write(group.key, () => forget(group, now, session));
  }

  async function forget(group: StoredGroup, now: number, session: Session): Promise<void> {
    const name = group.key.join('\0');
    const all = await vault.revisions(groupDocument, group.key, { limit: 10_000 }, ownReading());
    const dayAgo = new Date(now - DAY).toISOString();
    const firstKept = all.findIndex(
      (each, i) => i >= limits.revisionsKept && (all[i - 1]?.fields.updatedAt ?? '') < dayAgo && each.revision > 0,
    );
    if (firstKept === -1) {
      // Nothing goes before the oldest but one, which ends the oldest, is a day old.
      worthwhile.set(name, Date.parse(all[all.length - 2]?.fields.updatedAt ?? '') + DAY);
      return;
    }
    const kept = contentsOf(all.slice(0, firstKept));
    const gone = [...contentsOf(all.slice(firstKept))].filter((id) => !kept.has(id));
    const before = all[firstKept - 1]?.revision ?? group.revision;
    const [team = '', project = ''] = group.key;
    const changes: Change[] = [
      { op: 'purge', kind: 'secretGroup', key: group.key, before },
      ...gone.map((id): Change => ({ op: 'remove', kind: 'content', key: [team, project, id], expected: 1 })),
    ];
    await session.commit('secretGroup.prune', changes);
  }

  return { revision, revisions, diff, prune };
}

const readingOf = ({ key }: StoredGroup, session: Session): Reading<GroupFields> => ({
  work: session.work,
  mayRead: ({ type }) => mayOnGroup(session, 'read', key[1] ?? '', type),
});

const PLAIN = ['name', 'description', 'stageId', 'tags', 'type', 'secretType', 'priority', 'restrictions'] as const;

/** By id; addons of both kinds may share one. */
function linksOf({ links }: GroupState): ReadonlyMap<string, string> {
  const byId = new Map<string, string>();
  for (const link of links) byId.set(link.addonId, `${byId.get(link.addonId) ?? ''}${JSON.stringify(link)}`);
  return byId;
}

function contentsOf(groups: readonly StoredGroup[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const group of groups) {
    const { files, mounts } = group.body();
    for (const map of [files, mounts]) for (const { contentId } of map.values()) ids.add(contentId);
  }
  return ids;
}
