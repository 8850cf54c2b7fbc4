import { Option } from 'commander';
import { DIALECT_NAMES, type DialectName, isDialectName, loadDialect } from '../../dialects/dialects.ts';
import { type Api, REFUSAL } from '../client/api.ts';
import { connect } from '../client/connect.ts';
import { textOf } from '../client/definitions.ts';
import { EXIT, Failure } from '../client/failure.ts';
import { note, program } from '../client/program.ts';
import { printable } from '../client/text.ts';

interface Group {
  readonly id: string;
  readonly revision: number;
  readonly variables: readonly { readonly name: string; readonly value: string | null; readonly masked: boolean }[];
}

const ENDINGS: readonly (readonly [RegExp, DialectName])[] = [
  [/\.json$/i, 'json'],
  [/\.ya?ml$/i, 'yaml'],
];

/** `keyloom import FILE --group ID`: variables of a file into a secret group. Nothing in the file is run or expanded. */
export async function importVariables(args: readonly string[]): Promise<readonly string[]> {
  const command = program('import', 'Reads the variables of a file into a secret group.')
    .argument('<file>', 'the file; - is standard input')
    .requiredOption('-g, --group <id>', 'the secret group')
    .option('-p, --project <slug>', 'project it is in')
    .addOption(new Option('--projectId <slug>').hideHelp())
    .addOption(
      new Option('-d, --dialect <name>', 'who the file was written for; by its ending, else dotenv').choices(
        DIALECT_NAMES,
      ),
    )
    .addOption(
      new Option('--mode <mode>', 'whether variables that are not in the file stay')
        .choices(['merge', 'replace'])
        .default('merge'),
    )
    .option('--dry-run', 'only say what would change, by names')
    .option('--exit-code', `end with ${EXIT.different} where --dry-run finds something`);
  command.parse(args, { from: 'user' });
  const [file = ''] = command.args;
  const options = command.opts();
  const project: string | undefined = options.project ?? options.projectId ?? process.env.KEYLOOM_PROJECT;
  if (project === undefined) throw new Failure('usage', 'which project is the group in? Say --project');
  const read = await variablesOf(file, options.dialect);
  const api = await connect(options);
  const group = await groupOf(api, project, options.group);
  const change = difference(group, read, options.mode === 'replace');
  const lines = [
    ...change.added.map((name) => `+ ${name}`),
    ...change.changed.map((name) => `~ ${name}`),
    ...change.removed.map((name) => `- ${name}`),
  ].map((line) => printable(line));
  if (!options.quiet) for (const line of lines) process.stdout.write(`${line}\n`);
  if (options.dryRun) {
    if (options.exitCode && lines.length > 0) process.exitCode = EXIT.different;
    return [];
  }
  if (lines.length > 0) await write(api, group, change.variables);
  note(options)(lines.length > 0 ? `variables changed: ${lines.length}` : 'nothing to change');
  return [];
}

async function variablesOf(file: string, given: string | undefined): Promise<ReadonlyMap<string, string>> {
  const name = given ?? ENDINGS.find(([ending]) => ending.test(file))?.[1] ?? 'dotenv';
  if (!isDialectName(name)) throw new Failure('usage', 'there is no dialect of that name');
  const { variables, problems } = (await loadDialect(name)).read(await textOf(file));
  if (problems.length > 0) {
    const lines = problems.map(({ line, message }) => `\n  line ${line} ${message}`);
    throw new Failure('invalid', `nothing is imported, ${name} does not read all of it:${lines.join('')}`);
  }
  return new Map(variables.map(({ name: variable, value }) => [variable, value]));
}

async function groupOf(api: Api, project: string, slug: string): Promise<Group> {
  const { project: found } = await api.ask<{ project: { secretGroup: Group | null } | null }>(
    `query ($project: Slug!, $slug: Slug!) { project(slug: $project) {
      secretGroup(slug: $slug) { id revision variables { name value masked } } } }`,
    { project, slug },
  );
  const group = found?.secretGroup;
  if (!group)
    throw new Failure('notFound', printable(`there is no secret group ${slug} in ${project}, or you may not see it`));
  const masked = group.variables.filter((it) => it.masked).map(({ name }) => name);
  if (masked.length > 0) {
    throw new Failure(
      'access',
      printable(`the group is written as a whole, and you may not read ${masked.join(', ')}`),
    );
  }
  return group;
}

function difference({ variables }: Group, read: ReadonlyMap<string, string>, replaces: boolean) {
  const before = new Map(variables.map(({ name, value }) => [name, value ?? '']));
  const after = replaces ? read : new Map([...before, ...read]);
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    changed: [...after].filter(([name, value]) => before.has(name) && before.get(name) !== value).map(([name]) => name),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    variables: [...after].map(([name, value]) => ({ name, value })),
  };
}

/** A write of somebody else in between is a conflict. */
const write = ({ change }: Api, { id, revision }: Group, variables: readonly object[]): Promise<unknown> =>
  change(
    `mutation ($input: UpdateSecretGroupInput!) { updateSecretGroup(input: $input) {
      __typename ${REFUSAL} ... on UpdateSecretGroupPayload { commit { seq } } } }`,
    { input: { id, expectedRevision: revision, variables } },
  );
