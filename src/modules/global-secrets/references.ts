import { SENSITIVITIES } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { globalsIn, type Writing } from '../../domain/global-reference.ts';
import { forbidden } from '../../kernel/errors.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import type { View } from '../../vault/reading.ts';
import { globalDocument } from './model.ts';
import { mayOnGlobal } from './rights.ts';

const changes = changesOf(globalDocument);

/**
 * Whoever writes a reference to a global secret needs `link` on it. Only what was not there before counts. One that is not
 * there may become anything, so it takes `link` on both types, and is refused in the same words as one that the writer may
 * not list. Answers checks for the commit: whoever deletes a global secret then knows of every reference to it.
 */
export async function requireMayRefer(
  before: Writing | null,
  after: Writing,
  view: View,
  session: Session,
): Promise<readonly Change[]> {
  const known = before ? globalsIn(before) : new Map<string, string>();
  const added = new Set([...globalsIn(after)].filter(([place]) => !known.has(place)).map(([, slug]) => slug));
  if (added.size === 0) return [];
  const set = await view.set(globalDocument);
  const guards: Change[] = [];
  for (const slug of added) {
    const stored = set.get(slug);
    const live = stored && !stored.deleted ? stored : null;
    const types = live ? [live.fields.type] : SENSITIVITIES;
    const may = types.every((type) => mayOnGlobal(session, 'list', type) && mayOnGlobal(session, 'link', type));
    if (!may) throw forbidden('A reference to a global secret requires LINK on it');
    if (live) guards.push(changes.unchanged(live));
  }
  return guards;
}
