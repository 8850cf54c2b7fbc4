import type { Command } from './command.ts';

/** What runs when no command is given. */
export const DEFAULT_COMMAND = 'serve';

/** Every command by its name, in the order of the help. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'serve',
    {
      usage: 'serve',
      summary: 'serves the API (the default)',
      run: async () => (await import('./commands/serve.ts')).serve(),
    },
  ],
  [
    'init',
    {
      usage: 'init FILE',
      summary: 'makes a root key in a new file',
      run: async ([file]) => (await import('./commands/init.ts')).init(file),
    },
  ],
  [
    'owner-token',
    {
      usage: 'owner-token [--file FILE]',
      summary: "makes an owner's token with the root key; on the embedded store while it is stopped",
      run: async (args) => (await import('./commands/owner-token.ts')).ownerToken(args),
    },
  ],
  [
    'backup',
    {
      usage: 'backup FILE',
      summary: 'copies the embedded store, served or not, into a new file',
      run: async (args) => (await import('./commands/care.ts')).backup(args),
    },
  ],
  [
    'restore',
    {
      usage: 'restore FILE',
      summary: 'puts a backup where no embedded store is',
      run: async (args) => (await import('./commands/care.ts')).restore(args),
    },
  ],
  [
    'verify',
    {
      usage: 'verify [FILE]',
      summary: 'looks at everything in the embedded store, or at a backup',
      run: async (args) => (await import('./commands/care.ts')).verify(args),
    },
  ],
  [
    'checkpoint',
    {
      usage: 'checkpoint [--accept]',
      summary: 'shows where the checkpoint file and the store stand; --accept: from there on',
      run: async (args) => (await import('./commands/checkpoint.ts')).checkpoint(args),
    },
  ],
  [
    'login',
    {
      usage: 'login --url URL',
      summary: 'keeps a token for a gateway, read from standard input or asked for',
      run: async (args) => (await import('./commands/login.ts')).login(args),
    },
  ],
  [
    'logout',
    {
      usage: 'logout',
      summary: 'forgets it',
      run: async (args) => (await import('./commands/login.ts')).logout(args),
    },
  ],
  [
    'run',
    {
      usage: 'run [--watch] -- COMMAND',
      summary: 'runs a program with the variables of a workload',
      run: async (args) => (await import('./commands/run.ts')).run(args),
    },
  ],
  [
    'export',
    {
      usage: 'export --dialect NAME',
      summary: 'writes them for another program',
      run: async (args) => (await import('./commands/export.ts')).exportVariables(args),
    },
  ],
  [
    'create',
    {
      usage: 'create NOUN',
      summary: 'makes a resource: secret, global-secret, app-secret, app, project, tag',
      run: async (args) => (await import('./commands/resource.ts')).resource('create', args),
    },
  ],
  [
    'put',
    {
      usage: 'put NOUN',
      summary: 'makes or replaces one: secret, global-secret, service, job',
      run: async (args) => (await import('./commands/resource.ts')).resource('put', args),
    },
  ],
  [
    'patch',
    {
      usage: 'patch NOUN',
      summary: 'changes what is given of one',
      run: async (args) => (await import('./commands/resource.ts')).resource('patch', args),
    },
  ],
  [
    'get',
    {
      usage: 'get NOUN',
      summary: 'shows one',
      run: async (args) => (await import('./commands/resource.ts')).resource('get', args),
    },
  ],
  [
    'list',
    {
      usage: 'list NOUN',
      summary: 'shows all',
      run: async (args) => (await import('./commands/resource.ts')).resource('list', args),
    },
  ],
  [
    'delete',
    {
      usage: 'delete NOUN',
      summary: 'deletes one',
      run: async (args) => (await import('./commands/resource.ts')).resource('delete', args),
    },
  ],
  [
    'watch',
    {
      usage: 'watch [--exec COMMAND]',
      summary: 'says when what a workload gets changes',
      run: async (args) => (await import('./commands/watch.ts')).watch(args),
    },
  ],
  [
    'explain',
    {
      usage: 'explain NAME',
      summary: 'says where a variable comes from, or why it is missing',
      run: async (args) => (await import('./commands/explain.ts')).explain(args),
    },
  ],
  [
    'import',
    {
      usage: 'import FILE --group ID',
      summary: 'reads variables of a file into a secret group',
      run: async (args) => (await import('./commands/import.ts')).importVariables(args),
    },
  ],
  [
    'diff',
    {
      usage: 'diff ONE OTHER',
      summary: 'compares the keys of two workloads',
      run: async (args) => (await import('./commands/diff.ts')).diff(args),
    },
  ],
  [
    'restart',
    {
      usage: 'restart ID',
      summary: 'asks for a restart of whatever inherits a secret',
      run: async (args) => (await import('./commands/restart.ts')).restart(args),
    },
  ],
  [
    'completion',
    {
      usage: 'completion SHELL',
      summary: 'writes a script that completes commands',
      run: async (args) => (await import('./commands/completion.ts')).completion(args, COMMANDS),
    },
  ],
  [
    'complete',
    {
      usage: '',
      summary: 'what the script of completion asks',
      run: async (args) => (await import('./commands/completion.ts')).complete(args, COMMANDS),
    },
  ],
  [
    'version',
    {
      usage: 'version',
      summary: 'prints the version',
      run: async () => (await import('./commands/version.ts')).version(),
    },
  ],
  [
    'help',
    { usage: 'help', summary: 'prints this', run: async () => (await import('./commands/help.ts')).help(COMMANDS) },
  ],
]);
