import type { Session } from '../../access/session.ts';
import type { AddonLink } from '../../domain/types.ts';
import { invalidInput } from '../../kernel/errors.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import type { View } from '../../vault/reading.ts';
import { requireDistinctLinkNames, requireDistinctPaths } from '../clashes.ts';
import { type GivenName, namesOfLink, namesOfText, namesOfVariables, requireSafeNames } from '../dangerous-names.ts';
import type { Decision } from './decision.ts';
import { type GroupState, groupDocument, partsOf, type StoredGroup, stateOf } from './model.ts';
import { requireMayChange } from './rights.ts';

const changes = changesOf(groupDocument);

export const isLink = (kind: AddonLink['addonKind'], id: string) => (link: AddonLink) =>
  link.addonKind === kind && link.addonId === id;

/** A patch of links: with a kind, those of the other kind stay. */
export function linksAfter(
  before: readonly AddonLink[],
  given: readonly AddonLink[] | undefined,
  kind: AddonLink['addonKind'] | null | undefined,
): readonly AddonLink[] {
  if (!given) return before;
  if (!kind) return given;
  const strange = given.findIndex(({ addonKind }) => addonKind !== kind);
  if (strange >= 0) {
    const message = 'must be the kind that `addonLinksKind` names';
    throw invalidInput([{ path: ['addonLinks', String(strange), 'kind'], rule: 'kind', message }]);
  }
  return [...given, ...before.filter(({ addonKind }) => addonKind !== kind)];
}

/** Links that were not there before, just so, and where they are in the input: `only` is the one that an input holds by itself. */
export function addedLinks(before: GroupState | null, after: GroupState, only: AddonLink | undefined) {
  const known = new Set(before?.links.map((link) => JSON.stringify(link)));
  return after.links
    .map((link, i) => ({ link, path: link === only ? ['link'] : ['addonLinks', String(i)] }))
    .filter(({ link }) => !known.has(JSON.stringify(link)));
}

/**
 * Refuses names that change what a workload runs, unless they are meant, and names that exclude each other; what was there
 * before stays.
 */
export function requireSafeGroup(
  before: GroupState | null,
  { state, variable, isImported, file, link }: Decision,
  allowed: boolean | null | undefined,
): void {
  const namesIn = ({ variables, links }: GroupState): readonly GivenName[] => [
    ...(isImported ? namesOfText(variables) : namesOfVariables('variables', variables, variable)),
    ...links.flatMap((each, i) => namesOfLink(each, each === link ? ['link'] : ['addonLinks', String(i)])),
  ];
  const known = before ? namesIn(before).map(({ name }) => name) : [];
  requireSafeNames([{ before: known, given: namesIn(state) }], allowed);
  const given = [...state.files.keys()];
  const pathOf = (i: number): readonly string[] =>
    file === undefined ? ['files', String(i), 'path'] : ['file', 'path'];
  requireDistinctPaths([{ before: before?.files.keys() ?? [], given, pathOf }]);
  requireDistinctLinkNames(before?.links ?? [], state.links, (each) =>
    each === link ? ['link'] : ['addonLinks', String(state.links.indexOf(each))],
  );
}

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

/** Guards against a link being added concurrently to any other group of the project, deleted ones included. */
export async function stillSo(
  project: string,
  linking: readonly StoredGroup[],
  view: View,
): Promise<readonly Change[]> {
  const changed = new Set(linking);
  const { all } = await view.set(groupDocument, project);
  return all.filter((group) => !changed.has(group)).map(changes.unchanged);
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
