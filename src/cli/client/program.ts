import { Command, Option } from 'commander';

/** What every command of the client takes. */
export function program(name: string, description: string): Command {
  return new Command(`keyloom ${name}`)
    .description(description)
    .option('--url <url>', 'URL of the gateway (KEYLOOM_URL)')
    .option(
      '--token <token>',
      'the token; other users can see it in the process list, so prefer KEYLOOM_TOKEN or login',
    )
    .option('--context <name>', 'a context that login saved')
    .addOption(new Option('--allow-http', 'send the token over plain http (KEYLOOM_ALLOW_HTTP=true)').hideHelp())
    .option('--quiet', 'print errors only')
    .option('--verbose', 'print progress');
}

/** Options of what fetches values. */
export const withValues = (command: Command): Command =>
  command
    .option('--only <names>', 'only these variables, separated by commas, and no files')
    .option('--allow-unresolved', 'continue without values that cannot be resolved')
    .option('--offline', 'save what is fetched, encrypted, and use it while the gateway is unreachable')
    .addOption(
      new Option('--max-age <age>', 'greatest age of the saved copy, such as 90m or 24h, at most 7d').default('24h'),
    );

/** Options of what works for one workload. A token of a workload needs none. */
export const forWorkload = (command: Command): Command =>
  command
    .option('-p, --project <slug>', 'project of the workload')
    .addOption(new Option('--projectId <slug>').hideHelp())
    .option('--service <id>', 'id of the service')
    .option('--job <id>', 'id of the job')
    .addOption(
      new Option('--scope <scope>', 'scope of the environment').choices(['runtime', 'build']).default('runtime'),
    );

export interface CommonOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Says something to a person, beside the output. */
export const note =
  ({ quiet }: CommonOptions) =>
  (words: string): void => {
    if (!quiet) process.stderr.write(`keyloom: ${words}\n`);
  };
