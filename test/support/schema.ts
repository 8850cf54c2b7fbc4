import { schemaOf } from '../../src/app/schema.ts';
import { SLICES } from '../../src/app/slices.ts';

/** The whole API. */
export const schema = schemaOf(SLICES);
