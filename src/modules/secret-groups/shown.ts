import type { Sensitivity } from '../../domain/types.ts';
import { idOf } from '../../vault/document.ts';
import { hashes, shown } from '../shown.ts';
import { groupDocument } from './model.ts';
import { mayOnGroup } from './rights.ts';

export const shownGroup = shown(groupDocument, {
  place: 'project',
  /** By the type that it has now; one that was tampered with shows to nobody. */
  async may(key, view, session, verb) {
    const [, project = ''] = key;
    const set = await view.set(groupDocument, project);
    const stored = set.damaged.has(idOf(key)) ? null : set.get(idOf(key));
    return stored !== null && mayOnGroup(session, verb, project, stored.fields.type);
  },
  keys: {
    parts: ({ variables, files, mounts }) => ({ variables, files: hashes(files), mounts: hashes(mounts) }),
    // What it was counts as well as what it is.
    mayKnow: ({ key, fields }, session) => mayOnGroup(session, 'listKeys', key[1] ?? '', fields.type as Sensitivity),
    maySee: ({ key, fields }, session) => mayOnGroup(session, 'read', key[1] ?? '', fields.type as Sensitivity),
  },
  restorable: { verb: 'write', words: 'Secret groups of a project.' },
});
