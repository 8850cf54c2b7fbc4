import { byCodePoint } from '../kernel/ids.ts';
import type { AddonLink, AddonValue, AddonValues, Group, GroupBody, LinkedKey, Sensitivity, Source } from './types.ts';

/**
 * The text of a variable (a template only where people wrote it), or why a linked addon key has none. A link without a value
 * keeps its place in the merge: what it would have hidden stays hidden, and where it wins the key is absent.
 */
export type VariableContent =
  | { readonly available: true; readonly text: string; readonly template: boolean }
  | {
      readonly available: false;
      readonly reason: string;
      readonly detail?: string;
      readonly required: boolean;
    };

/** What one source holds for one key. `type` null: a link without a value, whose sensitivity nobody knows. */
export interface Entry<T> {
  readonly source: Source;
  readonly type: Sensitivity | null;
  readonly content: T;
  /** Of a linked key: whether another one of its group takes the same name. */
  readonly sameName?: true;
}

/** All that one group (or, with `group` null, the workload itself) brings to a merge. */
export interface Layer<T> {
  readonly group: string | null;
  readonly priority: number;
  readonly entries: ReadonlyMap<string, Entry<T>>;
}

/** A link's key with the names it takes in a layer. */
export interface NamedLink {
  readonly names: readonly string[];
  readonly entry: Entry<VariableContent>;
}

/** `EXAMPLE_ADDON_USERNAME` of the addon `example-addon` and its key `USERNAME`. */
export const defaultKey = (addonId: string, keyName: string): string =>
  `${addonId}_${keyName}`.toUpperCase().replaceAll('-', '_');

/**
 * A group's linked keys by (addonKind, addonId, keyName) in code point order: of two that take one name, the first has it,
 * whether it yields a value or not.
 */
export function namedLinks(groupId: string, links: readonly AddonLink[], addons: AddonValues): readonly NamedLink[] {
  return links
    .flatMap((link) => link.keys.map((key) => ({ link, key })))
    .sort(
      (a, b) =>
        byCodePoint(a.link.addonKind, b.link.addonKind) ||
        byCodePoint(a.link.addonId, b.link.addonId) ||
        byCodePoint(a.key.keyName, b.key.keyName) ||
        Number(b.link.required) - Number(a.link.required),
    )
    .map(({ link, key }) => ({ names: namesOf(link, key), entry: linkEntry(groupId, link, key.keyName, addons) }));
}

/** The names that a linked key takes in a layer. */
export function namesOf(link: AddonLink, key: LinkedKey): readonly string[] {
  return key.aliases.length === 0 ? [defaultKey(link.addonId, key.keyName)] : [...new Set(key.aliases)];
}

function linkEntry(group: string, link: AddonLink, keyName: string, addons: AddonValues): Entry<VariableContent> {
  const { addonKind, addonId, required } = link;
  const source: Source = { kind: 'addon', group, addonKind, addonId, keyName };
  const value = addonValue(addons, `${addonKind}/${addonId}`, keyName);
  if (!value.ok) {
    const { ok: _, ...why } = value;
    return { source, type: null, content: { available: false, ...why, required } };
  }
  const type = value.sensitive ? 'secret' : 'config';
  return { source, type, content: { available: true, text: value.value, template: false } };
}

function addonValue(addons: AddonValues, addon: string, keyName: string): AddonValue {
  const values = addons.get(addon);
  if (values === undefined) return { ok: false, reason: 'ADDON_NOT_FOUND' };
  return values.get(keyName) ?? { ok: false, reason: 'KEY_NOT_FOUND' };
}

/** A group's variables: linked addon keys under their names, its own variables over them. */
export function variableLayer(group: Group, body: GroupBody, addons: AddonValues): Layer<VariableContent> {
  const entries = new Map<string, Entry<VariableContent>>();
  for (const { names, entry } of body.links.length === 0 ? [] : namedLinks(group.id, body.links, addons)) {
    for (const name of names) {
      const first = entries.get(name);
      if (first === undefined) entries.set(name, entry);
      else if (!first.sameName && isOtherKey(first, entry)) entries.set(name, { ...first, sameName: true });
    }
  }
  const source: Source = { kind: 'group', group: group.id };
  for (const [name, text] of body.variables) entries.set(name, ownVariable(source, group.type, text));
  return { group: group.id, priority: group.priority, entries };
}

/** One key may be linked twice, as required and not. */
const isOtherKey = (a: Entry<VariableContent>, b: Entry<VariableContent>): boolean =>
  JSON.stringify(a.source) !== JSON.stringify(b.source);

const ownVariable = (source: Source, type: Sensitivity, text: string): Entry<VariableContent> => ({
  source,
  type,
  content: { available: true, text, template: true },
});

/** A group's files or mounts. */
export function contentLayer<T>(group: Group, contents: ReadonlyMap<string, T>): Layer<T> {
  const source: Source = { kind: 'group', group: group.id };
  const entries = new Map<string, Entry<T>>();
  for (const [name, content] of contents) entries.set(name, { source, type: group.type, content });
  return { group: group.id, priority: group.priority, entries };
}

const DIRECT: Source = { kind: 'direct' };

/** A workload's own variables: they count as secret. */
export function directVariables(variables: ReadonlyMap<string, string>): Layer<VariableContent> {
  const entries = new Map<string, Entry<VariableContent>>();
  for (const [name, text] of variables) entries.set(name, ownVariable(DIRECT, 'secret', text));
  return { group: null, priority: 0, entries };
}

/** A workload's own files: they count as secret. */
export function directContents<T>(contents: ReadonlyMap<string, T>): Layer<T> {
  const entries = new Map<string, Entry<T>>();
  for (const [name, content] of contents) entries.set(name, { source: DIRECT, type: 'secret', content });
  return { group: null, priority: 0, entries };
}
