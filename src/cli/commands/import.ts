import { Option } from 'commander';
import { DIALECT_NAMES, type DialectName, isDialectName, loadDialect } from '../../dialects/dialects.ts';
import { type Api, REFUSAL } from '../client/api.ts';
import { connect } from '../client/connect.ts';
import { textOf } from '../client/definitions.ts';
import { EXIT, Failure } from '../client/failure.ts';
import { note, program } from '../client/program.ts';
import { printable } from '../client/text.ts';

const ENDINGS: readonly (readonly [RegExp, DialectName])[] = [
  [/\.json$/i, 'json'],
  [/\.ya?ml$/i, 'yaml'],
];

/** `keyloom import FILE --group ID`: variables of a file into a secret group. Nothing in the file is run or expanded. */
export async function importVariables(args: readonly string[]): Promise<readonly string[]> {
  const command = program('import', 'Imports the variables of a file into a secret group.')
    .argument('<file>', 'the file; - for standard input')
    .requiredOption('-g, --group <id>', 'the secret group')
    .option('-p, --project <slug>', 'project of the secret group')
    .addOption(new Option('--projectId <slug>').hideHelp())
    .addOption(
      new Option('-d, --dialect <name>', 'format of the file; default by its extension, else dotenv').choices(
        DIALECT_NAMES,
      ),
    )
    .addOption(
      new Option('--mode <mode>', 'keep (merge) or remove (replace) variables that the file does not name')
        .choices(['merge', 'replace'])
        .default('merge'),
    )
    .option('--allow-dangerous-names', 'allow new names that change what a program executes, such as LD_PRELOAD')
    .option('--dry-run', 'only print what would change, by names')
    .option('--exit-code', `end with ${EXIT.different} where --dry-run finds something`);
  command.parse(args, { from: 'user' });
  const [file = ''] = command.args;
  const options = command.opts();
  const project: string | undefined = options.project ?? options.projectId ?? process.env.KEYLOOM_PROJECT;
  if (project === undefined) throw new Failure('usage', 'missing project: give --project');
  const read = await variablesOf(file, options.dialect);
  const api = await connect(options);
  const id = await groupOf(api, project, options.group);
  // The gateway is told texts that it can read, whatever the file was written for.
  const source = { text: JSON.stringify(Object.fromEntries(read)), format: 'JSON' };
  const input = { id, source, mode: options.mode.toUpperCase(), allowDangerousNames: options.allowDangerousNames };
  const { names, secretGroup } = await api.change<Preview>(PREVIEW, { input });
  const lines = [
    ...names.added.map((name) => `+ ${name}`),
    ...names.changed.map((name) => `~ ${name}`),
    ...names.removed.map((name) => `- ${name}`),
  ].map((line) => printable(line));
  if (!options.quiet) for (const line of lines) process.stdout.write(`${line}\n`);
  if (options.dryRun) {
    if (options.exitCode && lines.length > 0) process.exitCode = EXIT.different;
    return [];
  }
  // A write of somebody else in between is a conflict.
  if (lines.length > 0) await api.change(IMPORT, { input: { ...input, expectedRevision: secretGroup.revision } });
  note(options)(lines.length > 0 ? `variables changed: ${lines.length}` : 'nothing to change');
  return [];
}

interface Preview {
  readonly names: {
    readonly added: readonly string[];
    readonly changed: readonly string[];
    readonly removed: readonly string[];
  };
  readonly secretGroup: { readonly revision: number };
}
const PREVIEW = `mutation ($input: PreviewSecretGroupImportInput!) { previewSecretGroupImport(input: $input) {
  __typename ${REFUSAL} ... on PreviewSecretGroupImportPayload {
    names { added changed removed } secretGroup { revision } } } }`;
const IMPORT = `mutation ($input: ImportSecretGroupVariablesInput!) { importSecretGroupVariables(input: $input) {
  __typename ${REFUSAL} ... on ImportSecretGroupVariablesPayload { commit { seq } } } }`;

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

async function groupOf(api: Api, project: string, slug: string): Promise<string> {
  const { project: found } = await api.ask<{ project: { secretGroup: { readonly id: string } | null } | null }>(
    'query ($project: Slug!, $slug: Slug!) { project(slug: $project) { secretGroup(slug: $slug) { id } } }',
    { project, slug },
  );
  if (found?.secretGroup) return found.secretGroup.id;
  throw new Failure('notFound', printable(`there is no secret group ${slug} in ${project}, or you may not see it`));
}
