#!/usr/bin/env node
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { describeFault } from './graphql/mask-error.ts';
import { createLog } from './http/log.ts';
import { init } from './init.ts';
import { isAppError } from './kernel/errors.ts';
import { startWatchdog } from './watchdog.ts';

// A listener takes the place of the inspector, which this signal would open to everybody on the machine.
if (process.env.KEYLOOM_DEVELOPMENT !== 'true') process.on('SIGUSR1', () => {});

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Words for the operator: those of known errors, and of others only their kind, because a message may quote a value. */
function complaint(error: unknown): string {
  if (isAppError(error)) return error.message.replaceAll('; ', '\n  ');
  const { error: name, stack } = describeFault(error);
  return `${name}\n  ${stack.replaceAll(' | ', '\n  ')}`;
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  startWatchdog(config.limits.loopBlockedMs);
  const log = createLog(config.logLevel);
  const dieOf = (what: string) => (error: unknown) => {
    log.error(what, describeFault(error));
    process.exit(1);
  };
  process.on('uncaughtException', dieOf('Uncaught exception'));
  process.on('unhandledRejection', dieOf('Unhandled rejection'));

  const app = await createApp({ config, log });
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
}

const run = async (): Promise<void> => {
  if (process.argv[2] !== 'init') return start();
  for (const line of await init(process.argv[3])) print(line);
};

run().catch((error: unknown) => {
  process.stderr.write(`Keyloom cannot start:\n  ${complaint(error)}\n`);
  process.exit(1);
});
