import { Command, Option } from 'commander';

/** What every command of the client takes. */
export function program(name: string, description: string): Command {
  return new Command(`keyloom ${name}`)
    .description(description)
    .option('--url <url>', 'where the gateway is (KEYLOOM_URL)')
    .option('--token <token>', 'seen by others on this machine: better KEYLOOM_TOKEN, or log in')
    .option('--context <name>', 'one of the contexts that login kept')
    .addOption(new Option('--allow-http', 'send the token over plain http (KEYLOOM_ALLOW_HTTP=true)').hideHelp())
    .option('--quiet', 'no output but errors')
    .option('--verbose', 'say what is done');
}

/** Options of what fetches values. */
export const withValues = (command: Command): Command =>
  command
    .option('--only <names>', 'only these, by commas')
    .option('--allow-unresolved', 'go ahead without what is not resolved')
    .option('--offline', 'keep what is fetched, sealed, and use it while the gateway cannot be reached')
    .addOption(new Option('--max-age <age>', 'how old that may be: 90m, 24h, at most 7d').default('24h'));

/** Options of what works for one workload. A token of a workload needs none. */
export const forWorkload = (command: Command): Command =>
  command
    .option('-p, --project <slug>', 'project of the workload')
    .addOption(new Option('--projectId <slug>').hideHelp())
    .option('--service <id>', 'the service')
    .option('--job <id>', 'the job')
    .addOption(new Option('--scope <scope>', 'when it gets it').choices(['runtime', 'build']).default('runtime'));

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
