import type { GroupHeader, Scope, SecretType, Workload } from './types.ts';

export type ExclusionRule = 'SCOPE' | 'RESTRICTED_NOBODY' | 'NOT_LISTED' | 'TAGS_ANY' | 'TAGS_ALL';

/** Why a group applies. */
export type InheritanceRule = 'UNRESTRICTED' | 'LISTED' | 'TAGS';

/** Whether a group applies to a workload, and the very rule that lets it in or keeps it away. */
export type Verdict =
  | { readonly applies: true; readonly by: InheritanceRule }
  | { readonly applies: false; readonly rule: ExclusionRule };

const appliesBy = (by: InheritanceRule): Verdict => ({ applies: true, by });
const excludedBy = (rule: ExclusionRule): Verdict => ({ applies: false, rule });

const COVERED: Readonly<Record<SecretType, readonly Scope[]>> = {
  environment: ['RUNTIME'],
  arguments: ['BUILD'],
  'environment-arguments': ['RUNTIME', 'BUILD'],
};

export const coversScope = (secretType: SecretType, scope: Scope): boolean => COVERED[secretType].includes(scope);

/**
 * Decides from the header alone, so that nothing is decrypted for groups that stay away.
 * An empty list matches nobody, also under `and`.
 */
export function verdictOn(group: GroupHeader, scope: Scope, workload: Workload): Verdict {
  if (!coversScope(group.secretType, scope)) return excludedBy('SCOPE');
  const { restricted, workloads, tags, tagMatchCondition } = group.restrictions;
  if (!restricted) return appliesBy('UNRESTRICTED');
  if (workloads.some((w) => w.id === workload.id && w.kind === workload.kind)) return appliesBy('LISTED');
  if (tags.length === 0) return excludedBy(workloads.length === 0 ? 'RESTRICTED_NOBODY' : 'NOT_LISTED');
  const has = (tag: string): boolean => workload.tags.includes(tag);
  if (tagMatchCondition === 'and') return tags.every(has) ? appliesBy('TAGS') : excludedBy('TAGS_ALL');
  return tags.some(has) ? appliesBy('TAGS') : excludedBy('TAGS_ANY');
}
