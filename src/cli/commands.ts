import type { Command } from './command.ts';

/** What runs when no command is given. */
export const DEFAULT_COMMAND = 'serve';

/** Every command by its name, in the order of the help. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'serve',
    {
      heading: 'Gateway',
      usage: 'serve',
      isBare: true,
      summary: 'Serve the API (the default)',
      run: async () => (await import('./commands/serve.ts')).serve(),
    },
  ],
  [
    'init',
    {
      usage: 'init FILE',
      isBare: true,
      summary: 'Write a new root key to a new file',
      run: async ([file]) => (await import('./commands/init.ts')).init(file),
    },
  ],
  [
    'owner-token',
    {
      usage: 'owner-token [--file FILE]',
      isBare: true,
      summary: "Create an owner's token; the embedded store must be stopped",
      run: async (args) => (await import('./commands/owner-token.ts')).ownerToken(args),
    },
  ],
  [
    'backup',
    {
      usage: 'backup FILE',
      isBare: true,
      summary: 'Copy the embedded store to a new file, served or not',
      run: async (args) => (await import('./commands/care.ts')).backup(args),
    },
  ],
  [
    'restore',
    {
      usage: 'restore FILE',
      isBare: true,
      summary: 'Restore a backup to an empty data directory',
      run: async (args) => (await import('./commands/care.ts')).restore(args),
    },
  ],
  [
    'verify',
    {
      usage: 'verify [FILE]',
      isBare: true,
      summary: 'Check the embedded store, or a backup',
      run: async (args) => (await import('./commands/care.ts')).verify(args),
    },
  ],
  [
    'checkpoint',
    {
      usage: 'checkpoint [--accept]',
      isBare: true,
      summary: 'Compare the checkpoint file with the store; --accept takes the store as it is',
      run: async (args) => (await import('./commands/checkpoint.ts')).checkpoint(args),
    },
  ],
  [
    'login',
    {
      heading: 'Client',
      usage: 'login --url URL',
      summary: 'Save a token for a gateway',
      run: async (args) => (await import('./commands/login.ts')).login(args),
    },
  ],
  [
    'logout',
    {
      usage: 'logout',
      summary: 'Remove the saved token',
      run: async (args) => (await import('./commands/login.ts')).logout(args),
    },
  ],
  [
    'run',
    {
      usage: 'run [--watch] -- COMMAND',
      summary: "Run a program with a workload's environment",
      run: async (args) => (await import('./commands/run.ts')).run(args),
    },
  ],
  [
    'export',
    {
      usage: 'export --dialect NAME',
      summary: "Write a workload's variables in the format of another program",
      run: async (args) => (await import('./commands/export.ts')).exportVariables(args),
    },
  ],
  [
    'watch',
    {
      usage: 'watch [--exec COMMAND]',
      summary: "Report changes of a workload's environment",
      run: async (args) => (await import('./commands/watch.ts')).watch(args),
    },
  ],
  [
    'explain',
    {
      usage: 'explain NAME',
      summary: 'Explain where a variable comes from, or why it is missing',
      run: async (args) => (await import('./commands/explain.ts')).explain(args),
    },
  ],
  [
    'import',
    {
      usage: 'import FILE --group ID',
      summary: 'Import variables from a file into a secret group',
      run: async (args) => (await import('./commands/import.ts')).importVariables(args),
    },
  ],
  [
    'diff',
    {
      usage: 'diff ONE OTHER',
      summary: 'Compare the keys of two workloads',
      run: async (args) => (await import('./commands/diff.ts')).diff(args),
    },
  ],
  [
    'restart',
    {
      usage: 'restart ID',
      summary: 'Request a restart of the workloads that inherit a secret group',
      run: async (args) => (await import('./commands/restart.ts')).restart(args),
    },
  ],
  [
    'create',
    {
      heading: 'Resources',
      usage: 'create NOUN',
      summary: 'Create a secret, global-secret, app-secret, app, project or tag',
      run: async (args) => (await import('./commands/resource.ts')).resource('create', args),
    },
  ],
  [
    'put',
    {
      usage: 'put NOUN',
      summary: 'Create or replace a secret, global-secret, service or job',
      run: async (args) => (await import('./commands/resource.ts')).resource('put', args),
    },
  ],
  [
    'patch',
    {
      usage: 'patch NOUN',
      summary: 'Change the given fields of a resource',
      run: async (args) => (await import('./commands/resource.ts')).resource('patch', args),
    },
  ],
  [
    'get',
    {
      usage: 'get NOUN',
      summary: 'Show a resource',
      run: async (args) => (await import('./commands/resource.ts')).resource('get', args),
    },
  ],
  [
    'list',
    {
      usage: 'list NOUN',
      summary: 'List resources',
      run: async (args) => (await import('./commands/resource.ts')).resource('list', args),
    },
  ],
  [
    'delete',
    {
      usage: 'delete NOUN',
      summary: 'Delete a resource',
      run: async (args) => (await import('./commands/resource.ts')).resource('delete', args),
    },
  ],
  [
    'completion',
    {
      heading: 'Other',
      usage: 'completion SHELL',
      isBare: true,
      summary: 'Print a completion script for bash, zsh, fish or powershell',
      run: async (args) => (await import('./commands/completion.ts')).completion(args, COMMANDS),
    },
  ],
  [
    'complete',
    {
      usage: '',
      summary: 'Answers the completion script',
      run: async (args) => (await import('./commands/completion.ts')).complete(args, COMMANDS),
    },
  ],
  [
    'version',
    {
      usage: 'version',
      isBare: true,
      summary: 'Print the version',
      run: async () => (await import('./commands/version.ts')).version(),
    },
  ],
  [
    'help',
    { usage: 'help', summary: 'Print this help', run: async () => (await import('./commands/help.ts')).help(COMMANDS) },
  ],
]);
