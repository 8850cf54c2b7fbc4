import type { Slice } from '../modules/slice.ts';
import type { RestRoute } from '../rest/route.ts';
import { SLICES } from './slices.ts';

/** Every route under `/v1`. The description is made of them, and whatever is not among them does not exist. */
export const routesOf = (slices: readonly Slice[] = SLICES): readonly RestRoute[] =>
  slices.flatMap(({ rest = [] }) => rest);
