import { globalPathOf } from './global-path.ts';
import { scanTemplate } from './template.ts';
import type { FileEntry, GlobalSecretFacts, Globals, Sensitivity } from './types.ts';

/** What a reference to a global secret draws in, or why it draws in nothing. `type` null: there is no such global secret. */
type GlobalDraw =
  | { readonly ok: true; readonly text: string; readonly type: Sensitivity }
  | {
      readonly ok: false;
      readonly reason: 'UNKNOWN_GLOBAL_SECRET' | 'UNKNOWN_PATH' | 'NOT_TEXT';
      readonly type: Sensitivity | null;
    };

/** The slug of the global secret that a reference names; null when the name is a variable's. */
export const globalNamed = (name: string): string | null => globalPathOf(name)?.id ?? null;

/** The names in the references of texts, repeats included. */
export const namesIn = (texts: Iterable<string>): readonly string[] => {
  const names: string[] = [];
  for (const text of texts) {
    if (!text.includes('${')) continue;
    for (const piece of scanTemplate(text)) if (typeof piece !== 'string') names.push(piece.name);
  }
  return names;
};

/** Where people write references: texts by name, and files by path. */
export interface Writing {
  readonly texts: readonly ReadonlyMap<string, string>[];
  readonly files: readonly ReadonlyMap<string, FileEntry>[];
}

/** References to global secrets: a name for each place and reference, and the slug that it names. */
export function globalsIn({ texts, files }: Writing): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const note = (place: string, written: Iterable<string>): void => {
    for (const name of namesIn(written)) {
      const slug = globalNamed(name);
      if (slug !== null) found.set(JSON.stringify([place, name]), slug);
    }
  };
  texts.forEach((map, i) => {
    for (const [name, text] of map) note(`text ${i} ${name}`, [text]);
  });
  files.forEach((map, i) => {
    for (const [path, { encoding, references }] of map)
      if (encoding !== 'binary') note(`file ${i} ${path}`, references);
  });
  return found;
}

/**
 * Reads a value or the text of a file of a global secret; null when the name has neither form and is a variable's. The form
 * decides: a variable that is itself called `secrets.a.values.b` cannot be referred to.
 */
export function readGlobal(name: string, globals: Globals): GlobalDraw | null {
  const named = globalPathOf(name);
  if (named === null) return null;
  const facts = globals.get(named.id);
  if (facts === undefined) return { ok: false, reason: 'UNKNOWN_GLOBAL_SECRET', type: null };
  if (named.path === null) return { ok: false, reason: 'UNKNOWN_PATH', type: facts.type };
  return named.section === 'values' ? valueAt(facts, named.path) : fileOf(facts, named.path[0] ?? '');
}

function fileOf(facts: GlobalSecretFacts, fileId: string): GlobalDraw {
  const text = facts.files.get(fileId);
  return text === undefined
    ? { ok: false, reason: 'UNKNOWN_PATH', type: facts.type }
    : { ok: true, text, type: facts.type };
}

function valueAt(facts: GlobalSecretFacts, path: readonly string[]): GlobalDraw {
  let value = facts.values;
  for (const part of path) {
    const child = childOf(value, part);
    if (child === null) return { ok: false, reason: 'UNKNOWN_PATH', type: facts.type };
    value = child.value;
  }
  if (typeof value === 'string') return { ok: true, text: value, type: facts.type };
  if (typeof value === 'number' || typeof value === 'boolean')
    return { ok: true, text: String(value), type: facts.type };
  return { ok: false, reason: 'NOT_TEXT', type: facts.type };
}

// Own properties only: `constructor` is a name like any other. Of an array only its elements, not `length`.
function childOf(value: unknown, part: string): { readonly value: unknown } | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value) && !/^(0|[1-9][0-9]*)$/.test(part)) return null;
  if (!Object.hasOwn(value, part)) return null;
  return { value: Reflect.get(value, part) };
}
