import type { Slice } from '../slice.ts';
import { addAccess } from './schema.ts';
import { shownOfAccess } from './shown.ts';
import { types } from './types.ts';

export const access: Slice = { name: 'access', types, shown: shownOfAccess, addSchema: addAccess };
