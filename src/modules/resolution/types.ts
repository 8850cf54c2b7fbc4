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

export const WarningCodeEnum = enumOf<ResolutionWarning['code']>(
  'WarningCode',
  'Something in a result that looks unintended.',
  {
    TIE: 'Groups of equal priority hold the key. The one whose id sorts first wins.',
    CASE_TWINS: 'Variables, or paths of files, differ only in upper and lower case.',
    FILE_AND_FOLDER: 'The path of a file is also, in the same or another case, a folder of another file.',
    LINKED_TWICE: 'Several linked keys of one group have the same name; the first by addon kind, addon and key wins.',
    NOT_A_SHELL_NAME:
      'Variables have names that a shell cannot use: with other characters than letters, digits and underscores, or with a digit first.',
    SHADOWED_SECRET: 'A value of type `CONFIG` hides one of type `SECRET`.',
    DANGEROUS_NAME: 'A variable changes what else the workload runs, such as `LD_PRELOAD` or `PATH`.',
    STALE: 'A value is the last good one, because the addon does not answer.',
  },
);

export const LayerRuleEnum = enumOf<LayerRule>('LayerRule', 'The rule that ranked a holder of a key.', {
  DIRECT: "The workload's own value wins over every group.",
  HIGHEST_PRIORITY: 'The group with the highest priority wins.',
  TIE_BY_ID: 'With equal priorities, the group whose id sorts first wins.',
  OVERRIDDEN_BY_DIRECT: "The workload's own value overrides it.",
  LOWER_PRIORITY: 'Another group has a higher priority.',
  OWN_OVER_LINK: 'Within a group, its own variable overrides a linked key.',
  LINK_ORDER: 'Within a group, a linked key overrides those that sort later by addon kind, addon and key.',
});

export const ExclusionRuleEnum = enumOf<ExclusionRule>('ExclusionRule', 'Why a group does not apply to a workload.', {
  SCOPE: 'The group does not cover the scope.',
  RESTRICTED_NOBODY: 'The group is restricted and lists no workload.',
  NOT_LISTED: 'The group is restricted and does not list the workload.',
  TAGS_ANY: 'The workload is not listed and carries none of the tags.',
  TAGS_ALL: 'The workload is not listed and does not carry all of the tags.',
});

export const ReferenceStatusEnum = enumOf<ExplainedReference['status']>(
  'ReferenceStatus',
  'Whether a reference was resolved.',
  {
    RESOLVED: 'It was replaced by its value.',
    UNRESOLVED: 'It refers to nothing and stays as written.',
    ERROR: 'It refers to a key in error.',
  },
);
