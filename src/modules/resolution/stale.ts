import type { Resolution, ResolutionWarning } from '../../domain/types.ts';
import { sortedWarnings } from '../../domain/warn.ts';
import { byCodePoint } from '../../kernel/ids.ts';

/** Warns of keys whose addon gave its last good values. Not part of the digest: the values are what they were. */
export function withStaleWarnings(resolution: Resolution, stale: ReadonlySet<string>): Resolution {
  if (stale.size === 0) return resolution;
  const warnings = [...stale].flatMap((addon): readonly ResolutionWarning[] => {
    const names = [...resolution.variables.values()]
      .filter(({ source }) => source.kind === 'addon' && `${source.addonKind}/${source.addonId}` === addon)
      .map(({ name }) => name)
      .sort(byCodePoint);
    const message = `These are the last good values of ${addon}, which does not answer`;
    return names.length === 0 ? [] : [{ code: 'STALE', names, groups: [], message }];
  });
  return { ...resolution, warnings: sortedWarnings([...resolution.warnings, ...warnings]) };
}
