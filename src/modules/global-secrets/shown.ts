import { idOf } from '../../vault/document.ts';
import { NO_KEYS, shown, texts } from '../shown.ts';
import { globalDocument } from './model.ts';
import { mayOnGlobal } from './rights.ts';

export const shownGlobal = shown(globalDocument, {
  place: 'team',
  /** By the type that it has now; one that was tampered with shows to nobody. */
  async may(key, view, session, verb) {
    const set = await view.set(globalDocument);
    const stored = set.damaged.has(idOf(key)) ? null : set.get(idOf(key));
    return stored !== null && mayOnGlobal(session, verb, stored.fields.type);
  },
  keys: {
    parts: ({ values, files }) => ({
      ...NO_KEYS,
      variables: texts(values),
      files: new Map([...files].map(([id, file]) => [id, JSON.stringify(file)])),
    }),
    mayKnow: ({ fields }, session) => mayOnGlobal(session, 'listKeys', fields.type),
    maySee: ({ fields }, session) => mayOnGlobal(session, 'read', fields.type),
  },
  restorable: { verb: 'write', words: 'Global secrets.' },
});
