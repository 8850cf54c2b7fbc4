import { can } from '../../access/model.ts';
import { shown } from '../shown.ts';
import { tagDocument } from './model.ts';

export const shownTag = shown(tagDocument, {
  place: 'team',
  may: (_key, _view, { principal }, verb) => can(principal, verb, 'tag'),
});
