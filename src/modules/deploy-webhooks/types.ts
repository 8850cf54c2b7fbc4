import { declarations } from '../../graphql/types/declarations.ts';

/** The types that the files of this noun share, and those that others name. */
export const types = declarations();
