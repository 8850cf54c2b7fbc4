import { can } from '../../access/model.ts';
import { shown } from '../shown.ts';
import { projectDocument } from './model.ts';

export const shownProject = shown(projectDocument, {
  place: 'team',
  may: ([, project = ''], _view, { principal }, verb) => can(principal, verb, 'project', { project }),
  restorable: {
    verb: 'delete',
    words: 'Projects, for seven days.',
    isOver: ({ destruction }) => destruction !== null,
  },
});
