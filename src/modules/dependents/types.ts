import { declarations } from '../../graphql/types/declarations.ts';

/** The types that the files of this noun share. */
export const types = declarations();
