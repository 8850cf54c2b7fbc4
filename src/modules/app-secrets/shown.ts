import { shown } from '../shown.ts';
import { appSecretDocument, valueDocument } from './model.ts';
import { mayOnSecrets } from './rights.ts';

export const shownAppSecrets = [
  shown(appSecretDocument, {
    place: 'app',
    may: (_key, _view, session, verb) => mayOnSecrets(session, verb),
    restorable: { verb: 'write', words: 'App secrets of an app.' },
  }),
  shown(valueDocument, {
    place: 'app',
    // Which values are set where is for those who may see keys.
    may: (_key, _view, session, verb) => mayOnSecrets(session, verb === 'list' ? 'listKeys' : verb),
  }),
];
