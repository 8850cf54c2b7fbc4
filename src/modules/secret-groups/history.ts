import type { Session } from '../../access/session.ts';
import { diffMaps, type NameDiff, writtenNames } from '../../domain/diff.ts';
import type { Clock } from '../../kernel/clock.ts';
import { notFound } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Key } from '../../store/port.ts';
import type { Change } from '../../vault/change.ts';
import type { Vault } from '../../vault/port.ts';
import { ownReading, pageBelow, type Reading } from '../../vault/reading.ts';
import { createRetention } from '../../vault/retention.ts';
import { type GroupFields, type GroupState, groupDocument, PLAIN_NAMES, type StoredGroup, stateOf } from './model.ts';
import { mayOnGroup } from './rights.ts';

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
  const retention = createRetention({ vault, clock, limits });

  async function revision(group: StoredGroup, wanted: number, session: Session): Promise<StoredGroup> {
    if (wanted === group.revision) return group;
    const after = [String(wanted + 1)];
    const [found] =
      wanted < 1 ? [] : await vault.revisions(groupDocument, group.key, { after, limit: 1 }, readingOf(group, session));
    if (found?.revision !== wanted) throw notFound('Revision', String(wanted));
    return found;
  }

  /** Below a revision, or from the present one on, newest first. */
  const revisions = (group: StoredGroup, below: number | null, limit: number, session: Session) =>
    vault.revisions(groupDocument, group.key, pageBelow(below, limit), readingOf(group, session));

  /** Who may not see the values of a type is told what was written, not what differs. */
  async function diff(group: StoredGroup, from: number, to: number, session: Session): Promise<GroupDiff> {
    const before = stateOf(await revision(group, from, session));
    const after = stateOf(await revision(group, to, session));
    const project = group.key[1] ?? '';
    const isSeen =
      from === to || [before, after, group.fields].every(({ type }) => mayOnGroup(session, 'read', project, type));
    const diffOf = isSeen ? diffMaps<string> : writtenNames;
    const hashes = (map: GroupState['files']) => new Map([...map].map(([name, { hash }]) => [name, hash]));
    return {
      fields: PLAIN_NAMES.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])),
      variables: diffOf(before.variables, after.variables),
      files: diffOf(hashes(before.files), hashes(after.files)),
      dockerSecretMounts: diffOf(hashes(before.mounts), hashes(after.mounts)),
      addonLinks: diffMaps(linksOf(before), linksOf(after)),
    };
  }

  /** Contents that only revisions before this one held. */
  async function contentsBefore(key: Key, before: number, now: number): Promise<readonly Change[]> {
    const held = await vault.revisions(groupDocument, key, { limit: now - before + 1 }, ownReading());
    const kept = contentsOf(held.filter(({ revision: each }) => each >= before));
    const gone = new Set<string>();
    for await (const group of retention.gone(groupDocument, key, before)) {
      for (const id of contentsOf([group])) if (!kept.has(id)) gone.add(id);
    }
    const [team = '', project = ''] = key;
    return [...gone].map((id): Change => ({ op: 'remove', kind: 'content', key: [team, project, id], expected: 1 }));
  }

  const keeping = retention.keeping(groupDocument, 'secretGroup.prune', timeOf, contentsBefore);

  return { revision, revisions, diff, keeping };
}

const readingOf = ({ key }: StoredGroup, session: Session): Reading<GroupFields> => ({
  work: session.work,
  mayRead: ({ type }) => mayOnGroup(session, 'read', key[1] ?? '', type),
});

const timeOf = ({ fields }: StoredGroup): string => fields.updatedAt;

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
