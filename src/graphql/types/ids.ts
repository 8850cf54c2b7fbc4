import { z } from 'zod';
import { capital } from '../../kernel/casing.ts';
import type { Key } from '../../store/port.ts';

const names = new Set<string>();

/** Says that objects of this type have global ids. Documents of a kind are nodes of the type with its name, capitalised. */
export const declareNode = (name: string): void => void names.add(name);

/** Global ids as Relay has them: the type's name and the key within the team, in base64. */
const globalId = (type: string, id: string): string => Buffer.from(`${type}:${id}`).toString('base64');

/** The global id of a stored document; null for kinds that have none. */
export function idOfDocument(kind: string, key: Key): string | null {
  const type = capital(kind);
  return names.has(type) && key.length > 1 ? globalId(type, key.slice(1).join('/')) : null;
}

/** The key behind a global id of one type; null for every other text, which so is an object that does not exist. */
export function localId(type: string, id: string): string | null {
  const text = Buffer.from(id, 'base64').toString('utf8');
  const isWhole = globalId(type, text.slice(type.length + 1)) === id;
  return isWhole && text.startsWith(`${type}:`) ? text.slice(type.length + 1) : null;
}

/** The type and the key behind a global id; every other text gives a project that cannot be. */
export function decodeGlobalId(id: string): { readonly typename: string; readonly id: string } {
  for (const typename of names) {
    const key = localId(typename, id);
    if (key) return { typename, id: key };
  }
  return { typename: 'Project', id: '' };
}

export interface GroupAddress {
  readonly project: string;
  readonly slug: string;
}

export function groupAddress(local: string | null): GroupAddress {
  const [project = '', slug = '', ...rest] = (local ?? '').split('/');
  return rest.length === 0 ? { project, slug } : { project: '', slug: '' };
}

/** The project whose deploy webhook it is; empty for the id of nothing. */
export function webhookProject(local: string): string {
  const { project, slug } = groupAddress(local);
  return slug === 'deploy' ? project : '';
}

/** A rule for `id` fields: gives the key, or the empty key of nothing. */
export const idRule = (type: string) => z.string().transform((id) => localId(type, id) ?? '');
