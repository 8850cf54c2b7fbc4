import {
  defaultsOf,
  type LimitFacts,
  type LimitName,
  type Limits,
  type LimitTable,
  OWN_LIMITS,
  variableOf,
} from '../kernel/limits.ts';
import type { Slice } from '../modules/slice.ts';
import { SLICES } from './slices.ts';

/** The gateway's own limits and those of its nouns. */
export function limitTableOf(slices: readonly Slice[] = SLICES): LimitTable {
  const table: Record<string, LimitFacts> = { ...OWN_LIMITS };
  for (const { name: slice, limits = {} } of slices) {
    for (const [name, facts] of Object.entries(limits)) {
      if (Object.hasOwn(table, name)) throw new Error(`The limit ${name} of ${slice} is there already`);
      table[name] = facts;
    }
  }
  return table;
}

/** The defaults, with those in `over` changed. */
export const limitsWith = (over: Partial<Limits> = {}, slices: readonly Slice[] = SLICES): Limits =>
  ({ ...defaultsOf(limitTableOf(slices)), ...over }) as Limits;

/** Environment variable -> the limit that it sets. */
export const limitVariables = (
  slices: readonly Slice[],
): ReadonlyMap<string, LimitFacts & { readonly name: LimitName }> =>
  new Map(
    Object.entries(limitTableOf(slices)).map(([name, facts]) => [
      variableOf(name as LimitName),
      { ...facts, name: name as LimitName },
    ]),
  );

/** A limit that is not there would bound nothing. */
export function assertLimits(limits: Limits, slices: readonly Slice[]): void {
  for (const name of Object.keys(limitTableOf(slices)) as LimitName[])
    if (!Number.isFinite(limits[name])) throw new Error(`The limit ${name} has no value`);
}
