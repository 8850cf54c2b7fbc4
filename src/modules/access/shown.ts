import { can, roleDocument, teamDocument, tokenDocument } from '../../access/model.ts';
import { shown } from '../shown.ts';

export const shownOfAccess = [
  shown(teamDocument, { place: 'team', may: (_key, _view, { principal }, verb) => can(principal, verb, 'team') }),
  shown(roleDocument, { place: 'team', may: (_key, _view, { principal }, verb) => can(principal, verb, 'role') }),
  shown(tokenDocument, { place: 'team', may: (_key, _view, { principal }, verb) => can(principal, verb, 'token') }),
];
