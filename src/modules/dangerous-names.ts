import { namesOf } from '../domain/layer.ts';
import type { AddonLink } from '../domain/types.ts';
import { type FieldError, invalidInput } from '../kernel/errors.ts';

/** Names by which a loader, a shell or an interpreter is told what else to run: whoever sets one runs code in the workload. */
const NAMES: ReadonlySet<string> = new Set([
  'PATH',
  'LD_PRELOAD',
  'LD_AUDIT',
  'LD_LIBRARY_PATH',
  'BASH_ENV',
  'SHELLOPTS',
  'BASHOPTS',
  'IFS',
  'PROMPT_COMMAND',
  'NODE_OPTIONS',
  'PERL5OPT',
  'PERL5LIB',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'RUBYOPT',
  'RUBYLIB',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_EXEC_PATH',
  'GIT_EXTERNAL_DIFF',
]);

export const isDangerousName = (name: string): boolean => NAMES.has(name) || name.startsWith('DYLD_');

/** A name that a change brings, and where it is in its input. */
export interface GivenName {
  readonly name: string;
  readonly path: readonly string[];
}

/** Names of one kind, before a change and in its input. */
export interface NamesChange {
  readonly before: Iterable<string>;
  readonly given: readonly GivenName[];
}

/** The name is one of a few that everybody knows. */
const refusal = (name: string): string =>
  `${name} changes what else a workload runs; set \`allowDangerousNames\` if that is meant`;

/** Refuses dangerous names that were not there before, unless they are meant. */
export function requireSafeNames(changes: readonly NamesChange[], allowed: boolean | null | undefined): void {
  if (allowed) return;
  const fields = changes.flatMap(({ before, given }) => {
    const known = new Set(before);
    return given
      .filter(({ name }) => isDangerousName(name) && !known.has(name))
      .map(({ name, path }): FieldError => ({ path, rule: 'dangerous', message: refusal(name) }));
  });
  if (fields.length > 0) throw invalidInput(fields);
}

/** `only`: the path, where the input holds a single variable. */
export function namesOfVariables(part: string, map: ReadonlyMap<string, string>, only?: string): readonly GivenName[] {
  return [...map.keys()].map((name, i) => ({ name, path: name === only ? ['name'] : [part, String(i), 'name'] }));
}

/** Names of variables that came as one text. */
export const namesOfText = (map: ReadonlyMap<string, string>): readonly GivenName[] =>
  [...map.keys()].map((name) => ({ name, path: ['source', 'text'] }));

/** The names that a link's keys take, with aliases or without. */
export function namesOfLink(link: AddonLink, path: readonly string[]): readonly GivenName[] {
  return link.keys.flatMap((key, i) =>
    namesOf(link, key).map((name, j) => ({
      name,
      path: [...path, 'keys', String(i), ...(key.aliases.length > 0 ? ['aliases', String(j)] : ['keyName'])],
    })),
  );
}
