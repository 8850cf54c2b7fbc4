import { Option } from 'commander';
import { DIALECT_NAMES, isDialectName, loadDialect } from '../../dialects/dialects.ts';
import { connect } from '../client/connect.ts';
import { writePrivately } from '../client/contexts.ts';
import { placeOf, resolve } from '../client/environment.ts';
import { Failure } from '../client/failure.ts';
import { forWorkload, note, program, withValues } from '../client/program.ts';
import { printable } from '../client/text.ts';

/** `keyloom export`: what a workload gets, in the dialect of the program that is to read it. */
export async function exportVariables(args: readonly string[]): Promise<readonly string[]> {
  const command = withValues(forWorkload(program('export', 'Writes the variables of a workload for another program.')))
    .addOption(new Option('-d, --dialect <name>', 'output format').choices(DIALECT_NAMES).default('dotenv'))
    .option('--file <path>', 'write to this file, mode 600, instead of standard output')
    .option('--skip', 'leave out values that the dialect cannot express')
    .option('--secret-name <name>', 'name of the Kubernetes Secret (k8s-secret)')
    .option('--namespace <name>', 'its namespace (k8s-secret)');
  const options = command.parse(args, { from: 'user' }).opts();
  const { dialect: name } = options;
  if (!isDialectName(name)) throw new Failure('usage', `there is no dialect of that name`);
  const api = await connect(options);
  const place = await placeOf(api, options as Parameters<typeof placeOf>[1]);
  const { variables } = await resolve(api, place, options, note(options));
  const { secretName, namespace } = options;
  const { text, refused } = (await loadDialect(name)).write(variables, {
    secretName: secretName ?? `${place.project}-${place.id}`.toLowerCase(),
    ...(namespace === undefined ? {} : { namespace }),
  });
  const words = refused.map(({ name: variable, reason }) => printable(`${variable}: ${reason}`));
  if (refused.length > 0 && !options.skip) {
    throw new Failure(
      'notRepresentable',
      `nothing is written, ${name} cannot hold all (--skip leaves these out):\n  ${words.join('\n  ')}`,
    );
  }
  for (const each of words) note(options)(`left out: ${each}`);
  if (options.file !== undefined) await writePrivately(options.file, text);
  else process.stdout.write(text);
  return [];
}
