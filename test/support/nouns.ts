import { builtInRoles } from '../../src/access/resources.ts';
import { SLICES } from '../../src/app/slices.ts';
import { nounsOf } from '../../src/modules/slice.ts';

const { resources } = nounsOf(SLICES);

/** Everything that roles give rights on. */
export const RESOURCES = resources.map(({ name }) => name);
export const BUILT_IN_ROLES = builtInRoles(resources);
