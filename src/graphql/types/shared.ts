import { declarations } from './declarations.ts';

/** Types that several slices show in the same way. */
export const shared = declarations();
