import type { Slice } from '../slice.ts';
import { identityRoutes } from './rest.ts';
import { addAccess } from './schema.ts';
import { shownOfAccess } from './shown.ts';
import { types } from './types.ts';

export const access: Slice = {
  name: 'access',
  resources: [
    { name: 'team', words: 'The team itself and its log of commits.', class: 'catalog' },
    { name: 'role', words: 'Roles.', class: 'administration' },
    { name: 'token', words: 'Tokens.', class: 'administration' },
  ],
  types,
  shown: shownOfAccess,
  rest: identityRoutes,
  addSchema: (builder, { resources }) => addAccess(builder, resources),
};
