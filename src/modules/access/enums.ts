import { TOKEN_KINDS, type TokenKind, VERBS, type Verb } from '../../access/model.ts';
import type { ResourceFacts } from '../../access/resources.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { constant } from '../../kernel/casing.ts';

/** `secretGroup` -> `SECRET_GROUP`. */

function enumValues<T extends string>(values: readonly T[], words: (value: T) => string) {
  return Object.fromEntries(values.map((value) => [constant(value), { value, description: words(value) }]));
}

const VERB_WORDS: Readonly<Record<Verb, string>> = {
  list: 'See that an object exists, with its name, tags and settings. Every other verb requires it.',
  listKeys: 'See the names of variables, files and mounts, without values.',
  read: 'See stored values and contents.',
  resolve: 'See the values that a workload gets, and the values of an app, hidden ones included.',
  write: 'Create, change and restore objects; restoring a project requires `DELETE`.',
  writeProtected: 'Change values in protected environments, and end their protection.',
  delete: 'Delete objects.',
  manageRestrictions:
    'Change who inherits a secret group, and register workloads that enter a restricted group by tags.',
  changeType: 'Change the sensitivity of an object. Required for the old and for the new one.',
  link: 'Link addons to a secret group, write references to a global secret, read git files with an account.',
  restart: 'Request, cancel and acknowledge restarts of a workload.',
  audit: 'Read the log of commits.',
  admin: 'Manage roles and tokens.',
};

const TOKEN_KIND_WORDS: Readonly<Record<TokenKind, string>> = {
  user: 'A token of a person.',
  machine: 'A token of a program, such as a platform or a pipeline.',
  dependent: 'A token of one workload, which can resolve only itself.',
  gateway:
    'A token of a federation gateway. It is valid only together with the token of a user, and grants nothing by itself.',
};

/** What roles are made of, and who tokens are for. */
export function addEnums(builder: Builder, resources: readonly ResourceFacts[]) {
  const VerbEnum = builder.enumType('Verb', {
    description: 'A permission.',
    values: enumValues(VERBS, (verb) => VERB_WORDS[verb]),
  });
  const ResourceEnum = builder.enumType('Resource', {
    description: 'The kinds of objects that a grant covers.',
    values: Object.fromEntries(
      resources.map(({ name, words }) => [constant(name), { value: name, description: words }]),
    ),
  });
  const TokenKindEnum = builder.enumType('TokenKind', {
    description: 'Kind of principal.',
    values: enumValues(TOKEN_KINDS, (kind) => TOKEN_KIND_WORDS[kind]),
  });
  return { VerbEnum, ResourceEnum, TokenKindEnum };
}
export type AccessEnums = ReturnType<typeof addEnums>;
