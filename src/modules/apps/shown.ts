import { can } from '../../access/model.ts';
import { shown } from '../shown.ts';
import { appDocument, environmentDocument } from './model.ts';

export const shownApps = [
  shown(appDocument, {
    place: 'team',
    may: (_key, _view, { principal }, verb) => can(principal, verb, 'app'),
    restorable: { verb: 'write', words: 'Apps.' },
  }),
  shown(environmentDocument, {
    place: 'app',
    may: (_key, _view, { principal }, verb) => can(principal, verb, 'app'),
    restorable: { verb: 'write', words: 'Environments of an app.' },
  }),
];
