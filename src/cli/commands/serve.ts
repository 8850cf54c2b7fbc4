import { createApp } from '../../app/app.ts';
import { readConfig } from '../../app/config.ts';
import { startWatchdog } from '../../app/watchdog.ts';
import { describeFault } from '../../graphql/engine/mask-error.ts';
import { createLog } from '../../http/log.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const shown = (line: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });

/** `keyloom serve`: the gateway, until a signal ends it. */
export async function serve(): Promise<readonly string[]> {
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
  app.onLost(({ message }) => {
    process.stderr.write(`Keyloom cannot go on:\n  ${message}\n`);
    // Sockets end with the process: what is under way may rest on what does not stand any more.
    process.exit(1);
  });
  const { url } = await app.listen();
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

  // Last: whoever reads it may end the process at once, and it is to end cleanly.
  for (const line of app.announcements) print(line);
  print(`Keyloom listens on ${url}`);
  return [];
}
