import type { Slice } from '../slice.ts';
import { addAccess } from './schema.ts';

export const access: Slice = { name: 'access', addSchema: addAccess };
