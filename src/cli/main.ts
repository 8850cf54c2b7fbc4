import { COMMANDS, DEFAULT_COMMAND } from './commands.ts';

/** Runs the command that the arguments name and prints what it answers; ends the process with 1 when it fails. */
export async function main([given = DEFAULT_COMMAND, ...args]: readonly string[]): Promise<void> {
  try {
    const name = given.replace(/^--(help|version)$/, '$1');
    const command = COMMANDS.get(name);
    if (!command) return await refuse(name);
    if (command.isBare && args.some((each) => each === '--help' || each === '-h')) {
      process.stdout.write(`Usage: keyloom ${command.usage}\n\n${command.summary}.\n`);
      return;
    }
    for (const line of await command.run(args)) process.stdout.write(`${line}\n`);
  } catch (error) {
    const { exitCode } = error as { readonly exitCode?: unknown };
    // A failure of the client has words and a code of its own.
    if (error instanceof Error && typeof exitCode === 'number') return end(`keyloom: ${error.message}`, exitCode);
    fail(given === 'serve' ? 'start' : 'do that', await complaint(error));
  }
}

async function refuse(name: string): Promise<void> {
  const { nearest } = await import('./suggest.ts');
  const meant = nearest(name, COMMANDS.keys());
  const shown = JSON.stringify(name.slice(0, 100)).slice(1, -1);
  fail('do that', `There is no command ${shown}${meant ? `: did you mean ${meant}?` : '; see keyloom help'}`);
}

const fail = (what: string, words: string): void => end(`Keyloom cannot ${what}:\n  ${words}`, 1);

function end(words: string, code: number): void {
  process.stderr.write(`${words}\n`);
  process.exit(code);
}

/** Words for the operator: those of known errors, and of others only their kind, because a message may quote a value. */
async function complaint(error: unknown): Promise<string> {
  const { isAppError } = await import('../kernel/errors.ts');
  if (isAppError(error)) return error.message.replaceAll('; ', '\n  ');
  const { describeFault } = await import('../graphql/engine/mask-error.ts');
  const { error: name, stack } = describeFault(error);
  return `${name}\n  ${stack.replaceAll(' | ', '\n  ')}`;
}
