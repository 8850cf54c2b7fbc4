import type { Command } from '../command.ts';

const COLUMN = 28;

/** `keyloom help`: a line for each command. */
export function help(commands: ReadonlyMap<string, Command>): readonly string[] {
  const shown = [...commands.values()].filter(({ usage }) => usage !== '');
  const lines = shown.map(({ usage, summary }) => `  ${usage.padEnd(COLUMN - 1)} ${summary}`);
  return [
    'Usage: keyloom [command]',
    '',
    ...lines,
    '',
    'Most have a --help of their own. Configuration is read from the environment: see the README.',
  ];
}
