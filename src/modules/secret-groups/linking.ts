import type { AddonLink } from '../../domain/types.ts';
import { type Change, changesOf, type View } from '../../vault/vault.ts';
import type { Session } from '../access/session.ts';
import { groupDocument, partsOf, type StoredGroup, stateOf } from './model.ts';
import { requireMayChange } from './rights.ts';

const changes = changesOf(groupDocument);

/** The groups of a project that hold such a link, by id. */
export async function groupsLinking(
  project: string,
  isMeant: (link: AddonLink) => boolean,
  view: View,
): Promise<readonly StoredGroup[]> {
  const groups = await view.set(groupDocument, project);
  // A group that was tampered with may hold one.
  for (const damaged of groups.damaged) groups.get(damaged);
  return groups.live.filter((group) => group.body().links.some(isMeant));
}

/** Takes such links out of a group, by the rights that any change of its links asks for. */
export function unlinked(
  group: StoredGroup,
  isMeant: (link: AddonLink) => boolean,
  at: string,
  session: Session,
): Change {
  const before = stateOf(group);
  const after = { ...before, links: before.links.filter((link) => !isMeant(link)) };
  requireMayChange(session, group.key[1] ?? '', before, after);
  const { fields, body } = partsOf(after, { createdAt: group.fields.createdAt, updatedAt: at });
  return changes.replace(group, fields, body);
}
