import type { GlobalSecretFacts, Globals, Sensitivity } from './types.ts';

/** What a reference to a global secret draws in, or why it draws in nothing. */
type GlobalDraw =
  | { readonly ok: true; readonly text: string; readonly type: Sensitivity }
  | { readonly ok: false; readonly reason: 'UNKNOWN_GLOBAL_SECRET' | 'UNKNOWN_PATH' | 'NOT_TEXT' };

interface Parts {
  readonly id: string;
  readonly isValue: boolean;
  readonly parts: readonly string[];
}

function partsOf(name: string): Parts | null {
  if (!name.startsWith('secrets.')) return null;
  const parts = name.split('.');
  const [, id, section] = parts;
  if (id === undefined || id === '') return null;
  const isValue = section === 'values' && parts.length >= 4;
  const isFile = section === 'files' && parts.length >= 5 && parts.at(-1) === 'data';
  return isValue || isFile ? { id, isValue, parts } : null;
}

/** The slug of the global secret that a reference names; null when the name is a variable's. */
export const globalNamed = (name: string): string | null => partsOf(name)?.id ?? null;

/**
 * Reads `secrets.<id>.values.<dot.path>` and `secrets.<id>.files.<fileId>.data`; null when the name has neither form and is a
 * variable's. The form decides: a variable that is itself called `secrets.a.values.b` cannot be referred to.
 * A file id may hold dots; a key of the values may not, as each dot goes one level down.
 */
export function readGlobal(name: string, globals: Globals): GlobalDraw | null {
  const named = partsOf(name);
  if (named === null) return null;
  const { id, isValue, parts } = named;
  const facts = globals.get(id);
  if (facts === undefined) return { ok: false, reason: 'UNKNOWN_GLOBAL_SECRET' };
  return isValue ? valueAt(facts, parts.slice(3)) : fileOf(facts, parts.slice(3, -1).join('.'));
}

function fileOf(facts: GlobalSecretFacts, fileId: string): GlobalDraw {
  const text = facts.files.get(fileId);
  return text === undefined ? { ok: false, reason: 'UNKNOWN_PATH' } : { ok: true, text, type: facts.type };
}

function valueAt(facts: GlobalSecretFacts, path: readonly string[]): GlobalDraw {
  let value = facts.values;
  for (const part of path) {
    const child = childOf(value, part);
    if (child === null) return { ok: false, reason: 'UNKNOWN_PATH' };
    value = child.value;
  }
  if (typeof value === 'string') return { ok: true, text: value, type: facts.type };
  if (typeof value === 'number' || typeof value === 'boolean')
    return { ok: true, text: String(value), type: facts.type };
  return { ok: false, reason: 'NOT_TEXT' };
}

// Own properties only: `constructor` is a name like any other. Of an array only its elements, not `length`.
function childOf(value: unknown, part: string): { readonly value: unknown } | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value) && !/^(0|[1-9][0-9]*)$/.test(part)) return null;
  if (!Object.hasOwn(value, part)) return null;
  return { value: Reflect.get(value, part) };
}
