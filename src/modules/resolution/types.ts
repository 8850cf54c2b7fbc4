import type { ExplainedReference, LayerRule } from '../../domain/explanation.ts';
import type { ExclusionRule } from '../../domain/restrict.ts';
import type { ResolutionWarning } from '../../domain/types.ts';
import { declarations } from '../../graphql/types/declarations.ts';

export const types = declarations();

/** An enum whose values are its names, with a description each. */
function enumOf<T extends string>(name: string, description: string, words: Readonly<Record<T, string>>) {
  const values = Object.fromEntries(
    Object.entries<string>(words).map(([value, text]) => [value, { value: value as T, description: text }]),
  ) as { readonly [Name in T]: { readonly value: Name; readonly description: string } };
  return types.enumType(name, { description, values });
}

export const WarningCodeEnum = enumOf<ResolutionWarning['code']>('WarningCode', 'What looks unintended.', {
  TIE: 'Groups of equal priority hold the key; the one whose id sorts first wins.',
  CASE_TWINS: 'Variables, or paths of files, differ only in upper and lower case.',
  FILE_AND_FOLDER: 'A path is a file and, in the same or in another case, a folder of another file.',
  LINKED_TWICE: 'Several linked addon keys of one group take one name; the first by addon kind, addon and key wins.',
  NOT_A_SHELL_NAME:
    'Variables have names that no shell can hold: not letters, digits and underscores, or a digit first.',
  SHADOWED_SECRET: 'A value of type `CONFIG` hides one of type `SECRET`.',
  DANGEROUS_NAME: 'A variable changes what else the workload runs, such as `LD_PRELOAD` or `PATH`.',
  STALE: 'A value is the last good one of an addon that does not answer.',
});

export const LayerRuleEnum = enumOf<LayerRule>('LayerRule', 'Which rule placed a holder of a key.', {
  DIRECT: "The workload's own value wins over every group.",
  HIGHEST_PRIORITY: 'The group with the highest priority wins.',
  TIE_BY_ID: 'Equal priorities: the group whose id sorts first wins, the others lose.',
  OVERRIDDEN_BY_DIRECT: 'The workload has a value of its own.',
  LOWER_PRIORITY: 'Another group has a higher priority.',
  OWN_OVER_LINK: 'Within one group its own variable hides a linked addon key.',
  LINK_ORDER: 'Within one group a linked key hides one that comes later by addon kind, addon and key.',
});

export const ExclusionRuleEnum = enumOf<ExclusionRule>('ExclusionRule', 'Which rule keeps a group from a workload.', {
  SCOPE: 'The group is inherited in another scope.',
  RESTRICTED_NOBODY: 'The group is restricted and lists nobody.',
  NOT_LISTED: 'The group is restricted to workloads, and this is none of them.',
  TAGS_ANY: 'The workload is not listed and carries none of the tags.',
  TAGS_ALL: 'The workload is not listed and does not carry all of the tags.',
});

export const ReferenceStatusEnum = enumOf<ExplainedReference['status']>(
  'ReferenceStatus',
  'What became of a reference.',
  {
    RESOLVED: 'It was replaced.',
    UNRESOLVED: 'It refers to nothing and was left as written.',
    ERROR: 'What it leads to is in error.',
  },
);
