import type { Resolution, ResolutionWarning } from '../../domain/types.ts';
import { sortedWarnings } from '../../domain/warn.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import { isDangerousName } from '../dangerous-names.ts';

/** Warns of what is known about names and addons alone. Not part of the digest: the values are what they are. */
export const withWarnings = (resolution: Resolution, stale: ReadonlySet<string>): Resolution =>
  withNameWarnings(withStaleWarnings(resolution, stale));

function withNameWarnings(resolution: Resolution): Resolution {
  const names = [...resolution.variables.keys()].filter(isDangerousName).sort(byCodePoint);
  if (names.length === 0) return resolution;
  const message = `These variables change what else the workload runs: ${names.join(', ')}`;
  const warning: ResolutionWarning = { code: 'DANGEROUS_NAME', names, groups: [], message };
  return { ...resolution, warnings: sortedWarnings([...resolution.warnings, warning]) };
}

/** Warns of keys whose addon gave its last good values. Not part of the digest: the values are what they were. */
function withStaleWarnings(resolution: Resolution, stale: ReadonlySet<string>): Resolution {
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
