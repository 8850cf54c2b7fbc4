import type { Command } from '../command.ts';

const COLUMN = 28;

/** `keyloom help`: a line for each command. */
export function help(commands: ReadonlyMap<string, Command>): readonly string[] {
  const shown = [...commands.values()].filter(({ usage }) => usage !== '');
  const lines = shown.flatMap(({ heading, usage, summary }) => [
    ...(heading ? ['', `${heading}:`] : []),
    `  ${usage.padEnd(COLUMN - 1)} ${summary}`,
  ]);
  return [
    'Usage: keyloom [command]',
    ...lines,
    '',
    'Commands of the client and of resources have their own --help. The gateway is configured by its environment: see the README.',
  ];
}
