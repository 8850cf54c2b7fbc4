import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface Child {
  /** Its exit code as a shell gives it: 128 and the number of the signal that ended it, 126 and 127 when it could not run. */
  readonly ended: Promise<number>;
  /** Sends a signal to it, and to what it started where it has a group of its own. */
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, and ends it after ten seconds. */
  stop(): Promise<void>;
}

const PATIENCE_MS = 10_000;

/** Whether somebody sits at a terminal, which sends its own signals to the whole group. */
const hasTerminal = (): boolean => [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY === true);

/** Starts a program with these variables and no others. */
export function startChild([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Child {
  const detached = !hasTerminal();
  const child = spawn(program, args, { stdio: 'inherit', env, detached });
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (detached && child.pid !== undefined) process.kill(-child.pid, name);
      else child.kill(name);
    } catch {
      // It has ended by itself.
    }
  };
  const ended = endOf(child);
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => signal('SIGKILL'), PATIENCE_MS);
    signal('SIGTERM');
    await ended;
    clearTimeout(timer);
  };
  return { ended, signal, stop };
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((done) => {
    child.once('error', ({ code }: NodeJS.ErrnoException) => {
      process.stderr.write(`keyloom: the command cannot be run (${code})\n`);
      done(code === 'ENOENT' ? 127 : 126);
    });
    child.once('exit', (code, name) => done(code ?? 128 + (name === null ? 0 : constants.signals[name])));
  });
}

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** A terminal sends these to the child as well. */
const OF_THE_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;

/** Passes signals on to whatever runs. To be called before anything is started, so that no child inherits an ignored one. */
export function forwardSignals(send: (name: NodeJS.Signals) => void): void {
  for (const name of FORWARDED) process.on(name, () => send(name));
  const byTerminal = hasTerminal();
  for (const name of OF_THE_TERMINAL) process.on(name, () => (byTerminal ? undefined : send(name)));
}
