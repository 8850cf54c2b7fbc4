import { Option } from 'commander';
import { type Api, REFUSAL } from '../client/api.ts';
import { connect } from '../client/connect.ts';
import { asShown, definitionOf } from '../client/definitions.ts';
import { Failure } from '../client/failure.ts';
import { NOUNS, type Noun } from '../client/nouns.ts';
import { type Format, formatted } from '../client/output.ts';
import { note, program } from '../client/program.ts';
import { printable } from '../client/text.ts';

export type Verb = 'create' | 'put' | 'patch' | 'get' | 'list' | 'delete';

interface Options {
  readonly projectId?: string;
  readonly project?: string;
  readonly appId?: string;
  readonly file?: string;
  readonly input?: string;
  readonly output?: Format;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly showValues?: boolean;
  readonly force?: boolean;
}

const DESCRIPTIONS: Readonly<Record<Verb, string>> = {
  create: 'Creates a resource; a conflict if it exists.',
  put: 'Creates a resource, or replaces all of it.',
  patch: 'Changes the given fields of a resource.',
  get: 'Shows a resource.',
  list: 'Lists resources.',
  delete: 'Deletes a resource. Most can be restored.',
};

const takes = (noun: Noun, verb: Verb): boolean => verb === 'get' || verb === 'list' || noun.verbs.includes(verb);

/** `keyloom put secret` and its like: the documents' verbs and nouns, over the API. */
export async function resource(verb: Verb, args: readonly string[]): Promise<readonly string[]> {
  const nouns = [...NOUNS].filter(([, noun]) => takes(noun, verb)).map(([name]) => name);
  const command = program(verb, DESCRIPTIONS[verb])
    .argument('<noun>', `one of ${nouns.join(', ')}`)
    .argument(
      verb === 'list' ? '[none]' : '[id]',
      verb === 'list' ? 'nothing' : 'its id; may be given in the definition',
    )
    .option('--projectId <id>', 'its project')
    .addOption(new Option('-p, --project <id>', 'the same').hideHelp())
    .option('--appId <id>', 'its app')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml', 'table']));
  if (verb === 'get') command.option('--show-values', 'show values, and file contents in base64');
  if (verb === 'delete') command.option('--force', 'delete it even if something depends on it');
  if (['create', 'put', 'patch'].includes(verb)) {
    command
      .option('-f, --file <file>', 'JSON or YAML file with the definition; - for standard input')
      .option('-i, --input <definition>', 'the definition as text; overrides --file');
  }
  for (const [name] of NOUNS) command.addOption(new Option(`--${optionOf(name)} <id>`).hideHelp());
  command.parse(args, { from: 'user' });
  const [name = '', given] = command.args;
  const noun = NOUNS.get(name);
  if (!noun || !nouns.includes(name)) throw new Failure('usage', `${verb} what? One of ${nouns.join(', ')}`);
  const options = command.opts<Options>();
  const id = given ?? (command.opts() as Record<string, string | undefined>)[optionOf(name)];
  const api = await connect(command.opts());
  const shown = await done(verb, { api, noun, id, options });
  if (!options.quiet)
    process.stdout.write(await formatted(shown, options.output ?? (process.stdout.isTTY ? 'table' : 'json')));
  return [];
}

/** `--secretId`, `--globalSecretId`, as the documents name such options. Projects and apps have theirs. */
const optionOf = (noun: string): string =>
  noun === 'project' || noun === 'app'
    ? `${noun}Slug`
    : `${noun.replaceAll(/-(\w)/g, (_all, letter: string) => letter.toUpperCase())}Id`;

interface Asked {
  readonly api: Api;
  readonly noun: Noun;
  readonly id: string | undefined;
  readonly options: Options;
}

async function done(verb: Verb, asked: Asked): Promise<unknown> {
  const { api, noun, options } = asked;
  if (verb === 'list') return listed(asked);
  if (verb === 'get') return one(asked, `${noun.details} ${options.showValues && noun.values ? noun.values : ''}`);
  if (verb === 'delete') {
    const { node, key } = await target(asked);
    const force = options.force && noun.isGuarded ? { force: true } : {};
    const input = noun.byKey ? { id: key, project: projectOf(asked) } : { id: node, ...force };
    await api.change(mutation('delete', noun, ''), { input });
    return { id: key, deleted: true };
  }
  const definition = asShown(await definitionOf(options), verb);
  if (options.input !== undefined) {
    note(options)('values in arguments stay in the history of the shell; --file - reads standard input');
  }
  if (options.verbose) note(options)(`sending ${Object.keys(definition).join(', ')}`);
  const input = {
    ...noun.input(noun.byKey ? definition : named(definition, verb), verb === 'patch'),
    ...(noun.ofProject && verb !== 'patch' ? { project: projectOf(asked) } : {}),
    ...(noun.ofApp && verb !== 'patch' ? { app: appOf(asked) } : {}),
    ...(verb === 'patch' ? { id: (await target(asked, definition)).node } : {}),
    ...(noun.byKey && verb === 'put' && asked.id !== undefined ? { id: asked.id } : {}),
  };
  const action = verb === 'patch' ? 'update' : verb;
  const payload = await api.change<Record<string, unknown>>(
    mutation(action, noun, `it: ${noun.field} { ${noun.details} }`),
    { input },
  );
  return payload.it;
}

/** Without the id that the name gives, which must be that one: else another thing would be written than the one meant. */
function named({ id, ...rest }: Readonly<Record<string, unknown>>, verb: Verb): Readonly<Record<string, unknown>> {
  const given = typeof rest.name === 'string' ? rest.name.toLowerCase().replaceAll(' ', '-') : id;
  if (id !== undefined && id !== given && verb !== 'patch') {
    throw new Failure('invalid', printable(`id: the name gives ${given}, not ${String(id)}; an id never changes`));
  }
  return rest;
}

const mutation = (action: string, { type }: Noun, fields: string): string =>
  `mutation ($input: ${capital(action)}${type}Input!) { ${action}${type}(input: $input) {
    __typename ${REFUSAL} ... on ${capital(action)}${type}Payload { commit { seq } ${fields} } } }`;

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function projectOf({ options, noun }: Asked): string {
  const project = options.projectId ?? options.project ?? process.env.KEYLOOM_PROJECT;
  if (project === undefined) throw new Failure('usage', `missing project of the ${noun.label}: give --projectId`);
  return project;
}

function appOf({ options }: Asked): string {
  if (options.appId === undefined) throw new Failure('usage', 'missing app: give --appId');
  return options.appId;
}

/** Where the noun's fields are: below a project, an app, or at the top. */
function below(asked: Asked, query: string, more: string): { readonly text: string; readonly variables: object } {
  const { noun } = asked;
  if (noun.ofProject) {
    return {
      text: `query ($in: Slug!${more}) { in: project(slug: $in) { ${query} } }`,
      variables: { in: projectOf(asked) },
    };
  }
  if (noun.ofApp)
    return { text: `query ($in: Slug!${more}) { in: app(slug: $in) { ${query} } }`, variables: { in: appOf(asked) } };
  return { text: `query ${more === '' ? '' : `(${more.slice(2)})`} { ${query} }`, variables: {} };
}

type Found<T> = { readonly in?: { readonly it: T } | null; readonly it?: T };

async function asking<T>(asked: Asked, query: string, more: string, variables: object): Promise<T> {
  const { text, variables: place } = below(asked, query, more);
  const data = await asked.api.ask<Found<T>>(text, { ...variables, ...place });
  if (data.in === null) throw new Failure('notFound', 'its project or app does not exist, or you may not see it');
  return (data.in ? data.in.it : data.it) as T;
}

async function listed(asked: Asked): Promise<readonly object[]> {
  const { noun } = asked;
  if (!noun.paged) return asking<readonly object[]>(asked, `it: ${noun.many} { ${noun.summary} }`, '', {});
  const all: object[] = [];
  for (let after: string | null = null; ; ) {
    const query = `it: ${noun.many}(first: 100, after: $after) { nodes { ${noun.summary} } pageInfo { hasNextPage endCursor } }`;
    const page: Page = await asking<Page>(asked, query, ', $after: Cursor', { after });
    all.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return all;
    after = page.pageInfo.endCursor;
  }
}

interface Page {
  readonly nodes: readonly object[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function one(asked: Asked, fields: string, key = asked.id): Promise<Record<string, unknown>> {
  const { noun } = asked;
  if (key === undefined) throw new Failure('usage', `missing id of the ${noun.label}`);
  const [argument, type] = noun.key;
  const found =
    noun.one === null
      ? (
          await asking<readonly Record<string, unknown>[]>(
            asked,
            `it: ${noun.many} { key: ${argument} ${fields} }`,
            '',
            {},
          )
        ).find((it) => it.key === key)
      : await asking<Record<string, unknown> | null>(
          asked,
          `it: ${noun.one}(${argument}: $key) { ${fields} }`,
          `, $key: ${type}!`,
          { key },
        );
  if (!found) throw new Failure('notFound', printable(`there is no ${noun.label} ${key}, or you may not see it`));
  return found;
}

/** The one that a change is of, by its key: named, or as the definition names it. */
async function target(
  asked: Asked,
  definition: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly node: string; readonly key: string }> {
  const key = asked.id ?? (typeof definition.id === 'string' ? definition.id : undefined);
  if (key === undefined) throw new Failure('usage', `missing id of the ${asked.noun.label}`);
  if (asked.noun.byKey) return { node: key, key };
  const { node } = await one(asked, 'node: id', key);
  return { node: String(node), key };
}
