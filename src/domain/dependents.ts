import { byCodePoint } from '../kernel/ids.ts';
import { gather } from './gather.ts';
import { globalNamed, namesIn } from './global-reference.ts';
import { namedLinks } from './layer.ts';
import { type InheritanceRule, verdictOn } from './restrict.ts';
import type { AddonLink, FileEntry, Globals, Group, GroupBody, Scope, Source, Workload } from './types.ts';

/** One way in which a workload draws on something, in one scope. */
export interface Dependence {
  readonly scope: Scope;
  /** The group that brings it; null: the workload's own values. */
  readonly group: string | null;
  /** What lets that group in; DIRECT: the workload's own values need no leave. */
  readonly rule: InheritanceRule | 'DIRECT';
  /** Keys, paths and mounts that refer to it, sorted; empty: whatever the group holds. */
  readonly names: readonly string[];
}

export const SCOPES: readonly Scope[] = ['RUNTIME', 'BUILD'];

interface Admitted {
  readonly scope: Scope;
  readonly group: Group;
  readonly rule: InheritanceRule;
}

function admitted(groups: readonly Group[], workload: Workload): readonly Admitted[] {
  return SCOPES.flatMap((scope) =>
    groups.flatMap((group) => {
      const verdict = verdictOn(group, scope, workload);
      return verdict.applies ? [{ scope, group, rule: verdict.by }] : [];
    }),
  );
}

/** How a workload inherits from a group. */
export const dependenceOnGroup = (group: Group, workload: Workload): readonly Dependence[] =>
  admitted([group], workload).map(({ scope, rule }) => ({ scope, group: group.id, rule, names: [] }));

/** How a workload inherits the keys of an addon: through which of the groups that link it. `isMeant` tells its links. */
export function dependenceOnAddon(
  isMeant: (link: AddonLink) => boolean,
  linking: readonly Group[],
  workload: Workload,
): readonly Dependence[] {
  return admitted(linking, workload)
    .map(({ scope, group, rule }) => {
      const links = group.body().links.filter(isMeant);
      const names = namedLinks(group.id, links, new Map()).flatMap((link) => link.names);
      return { scope, group: group.id, rule, names: sorted(names) };
    })
    .filter(({ names }) => names.length > 0);
}

/** How a workload draws in a global secret: by its own values or by those of groups, directly or through other keys. */
export function dependenceOnGlobal(slug: string, groups: readonly Group[], workload: Workload): readonly Dependence[] {
  const mentioned = admitted(groups, workload).filter(({ group }) => mentionsGlobal(slug, group));
  return SCOPES.flatMap((scope) => {
    const isOwn = mentionsInDirect(slug, workload, scope);
    // Nothing that could win a key names it.
    if (!isOwn && !mentioned.some((each) => each.scope === scope)) return [];
    return drawnIn(slug, scope, groups, workload);
  });
}

interface Text {
  readonly name: string;
  readonly isVariable: boolean;
  readonly source: Source;
  readonly references: readonly string[];
}

const NO_GLOBALS: Globals = new Map();

/** The winners of all keys that reach a reference to the global secret, by the source they were written in. */
function drawnIn(slug: string, scope: Scope, groups: readonly Group[], workload: Workload): readonly Dependence[] {
  const texts = winningTexts(scope, groups, workload);
  const reached = new Set(texts.filter(({ references }) => references.some((name) => globalNamed(name) === slug)));
  const variables = new Set([...reached].filter(({ isVariable }) => isVariable).map(({ name }) => name));
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const text of texts) {
      const draws = text.references.some((name) => globalNamed(name) === null && variables.has(name));
      if (!draws) continue;
      reached.add(text);
      if (text.isVariable) variables.add(text.name);
    }
  }
  const names = new Map<string | null, string[]>();
  for (const { source, name } of reached) {
    const group = source.kind === 'direct' ? null : source.group;
    names.set(group, [...(names.get(group) ?? []), name]);
  }
  return [...names]
    .sort(([a], [b]) => byCodePoint(a ?? '', b ?? ''))
    .map(([group, found]) => ({ scope, group, rule: ruleOf(group, groups, scope, workload), names: sorted(found) }));
}

function ruleOf(
  id: string | null,
  groups: readonly Group[],
  scope: Scope,
  workload: Workload,
): InheritanceRule | 'DIRECT' {
  const group = id === null ? undefined : groups.find((each) => each.id === id);
  const verdict = group && verdictOn(group, scope, workload);
  return verdict?.applies ? verdict.by : 'DIRECT';
}

function winningTexts(scope: Scope, groups: readonly Group[], workload: Workload): readonly Text[] {
  const gathered = gather({ scope, workload, groups, addons: new Map(), globals: NO_GLOBALS });
  const texts: Text[] = [];
  for (const [name, { entry }] of gathered.variables) {
    const { content, source } = entry;
    if (!content.available || !content.template) continue;
    texts.push({ name, isVariable: true, source, references: namesIn([content.text]) });
  }
  for (const contents of [gathered.files, gathered.mounts]) {
    for (const [name, { entry }] of contents) {
      const { content, source } = entry;
      if (content.encoding === 'binary') continue;
      texts.push({ name, isVariable: false, source, references: namesIn(content.references) });
    }
  }
  return texts;
}

/** Cheap prefilter: false positives possible, no false negatives. */
const looksLike = (slug: string, texts: Iterable<string>): boolean => {
  for (const text of texts) if (text.includes(`secrets.${slug}.`)) return true;
  return false;
};
const inFiles = (slug: string, files: ReadonlyMap<string, FileEntry>): boolean =>
  [...files.values()].some(({ references }) => looksLike(slug, references));

const looked = new WeakMap<GroupBody, Map<string, boolean>>();

function mentionsGlobal(slug: string, group: Group): boolean {
  const body = group.body();
  const known = looked.get(body) ?? new Map<string, boolean>();
  looked.set(body, known);
  const found =
    known.get(slug) ??
    (looksLike(slug, body.variables.values()) || inFiles(slug, body.files) || inFiles(slug, body.mounts));
  known.set(slug, found);
  return found;
}

function mentionsInDirect(slug: string, workload: Workload, scope: Scope): boolean {
  const direct = workload.direct();
  if (scope === 'RUNTIME') return looksLike(slug, direct.variables.values()) || inFiles(slug, direct.files);
  return looksLike(slug, direct.buildArguments.values()) || inFiles(slug, direct.buildFiles);
}

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort(byCodePoint);
