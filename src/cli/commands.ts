/** One command: what the help says of it, and where it is. Nothing of it is loaded before it is called. */
export interface Command {
  /** As the help shows it, with its arguments. */
  readonly usage: string;
  readonly summary: string;
  /** Answers the lines to print. */
  readonly run: (args: readonly string[]) => Promise<readonly string[]>;
}

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
