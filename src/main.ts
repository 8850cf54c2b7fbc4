#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { createApp, makeOwnerToken } from './app/app.ts';
import { readConfig } from './app/config.ts';
import { startWatchdog } from './app/watchdog.ts';
import { describeFault } from './graphql/engine/mask-error.ts';
import { createLog } from './http/log.ts';
import { init } from './init.ts';
import { isAppError, unavailable } from './kernel/errors.ts';
import { ownerToken } from './owner-token.ts';

// A listener takes the place of the inspector, which this signal would open to everybody on the machine.
if (process.env.KEYLOOM_DEVELOPMENT !== 'true') process.on('SIGUSR1', () => {});

// A reader that went away is no reason to end; whoever has to know whether a line was written is told.
process.stdout.on('error', () => {});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const shown = (line: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });

/** Words for the operator: those of known errors, and of others only their kind, because a message may quote a value. */
function complaint(error: unknown): string {
  if (isAppError(error)) return error.message.replaceAll('; ', '\n  ');
  const { error: name, stack } = describeFault(error);
  return `${name}\n  ${stack.replaceAll(' | ', '\n  ')}`;
}

async function start(): Promise<readonly string[]> {
  const config = readConfig(process.env);
  startWatchdog(config.limits.loopBlockedMs);
  const log = createLog(config.logLevel);
  const dieOf = (what: string) => (error: unknown) => {
    log.error(what, describeFault(error));
    process.exit(1);
  };
  process.on('uncaughtException', dieOf('Uncaught exception'));
  process.on('unhandledRejection', dieOf('Unhandled rejection'));

  const app = await createApp({ config, log, terminal: process.stdout.isTTY ? shown : null });
  const { url } = await app.listen();
  for (const line of app.announcements) print(line);
  print(`Keyloom listens on ${url}`);

  let stopping = false;
  const stop = (): void => {
    // A second signal does not wait for requests under way.
    if (stopping) process.exit(1);
    stopping = true;
    log.info('Stopping');
    app.close().then(() => process.exit(0), dieOf('Could not stop cleanly'));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return [];
}

const VERSION = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

const HELP = `Usage: keyloom [command]

  serve                       serves the API (the default)
  init FILE                   makes a root key in a new file
  owner-token [--file FILE]   makes an owner's token with the root key; on the embedded store while it is stopped
  version                     prints the version
  help                        prints this

Configuration is read from the environment: see the README.`;

const COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Promise<readonly string[]>> = new Map([
  ['serve', start],
  ['init', ([file]) => init(file)],
  ['owner-token', offlineOwnerToken],
  ['version', async () => [`keyloom ${VERSION()}`]],
  ['help', async () => [HELP]],
]);

async function offlineOwnerToken(args: readonly string[]): Promise<readonly string[]> {
  const make = (): Promise<string> => makeOwnerToken(readConfig(process.env), createLog('error'));
  return ownerToken(args, { make, isTerminal: process.stdout.isTTY === true });
}

/** The command that was meant, perhaps. */
const nearest = (given: string): string | undefined =>
  [...COMMANDS.keys()].find((name) => name.startsWith(given.slice(0, 3)) || name.includes(given));

const run = async (): Promise<void> => {
  const [given = 'serve', ...args] = process.argv.slice(2);
  const name = given.replace(/^--(help|version)$/, '$1');
  const command = COMMANDS.get(name);
  const meant = command ? undefined : nearest(name);
  if (!command)
    throw unavailable(`There is no command ${name}${meant ? `: did you mean ${meant}?` : '; see keyloom help'}`);
  for (const line of await command(args)) print(line);
};

run().catch((error: unknown) => {
  const isServing = ['serve', undefined].includes(process.argv[2]);
  process.stderr.write(`Keyloom cannot ${isServing ? 'start' : 'do that'}:\n  ${complaint(error)}\n`);
  process.exit(1);
});
