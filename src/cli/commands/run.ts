import { constants } from 'node:os';
import { type Child, forwardSignals, startChild } from '../client/child.ts';
import { connect } from '../client/connect.ts';
import { type Chosen, type Complete, placeOf, resolve } from '../client/environment.ts';
import { Failure } from '../client/failure.ts';
import { writeFiles } from '../client/files.ts';
import { type CommonOptions, forWorkload, note, program, withValues } from '../client/program.ts';
import { printable } from '../client/text.ts';
import { watchEnvironment } from '../client/watch.ts';

interface RunOptions extends CommonOptions, Chosen {
  readonly watch?: boolean;
  readonly preserveEnv?: true | string;
  readonly filesDir?: string;
}

/** `keyloom run -- command`: a program with the variables of a workload, and nothing of them on the disk unless asked. */
export async function run(args: readonly string[]): Promise<readonly string[]> {
  const command = withValues(forWorkload(program('run', 'Runs a program with the environment of a workload.')))
    .passThroughOptions()
    .option('--watch', 'restart the program when its environment changes')
    .option('--preserve-env [names]', 'keep existing variables, all or these')
    .option('--files-dir <directory>', 'write its files below this directory')
    .argument('<command...>', 'the program and its arguments, after --');
  command.parse(args, { from: 'user' });
  const options = command.opts<RunOptions & Parameters<typeof connect>[0] & Parameters<typeof placeOf>[1]>();
  const say = note(options);
  const api = await connect(options);
  const place = await placeOf(api, options);

  let child: Child | null = null;
  forwardSignals((name) => {
    // Nothing runs yet: it ends as it would have by itself.
    if (child === null) process.exit(128 + constants.signals[name]);
    child.signal(name);
  });
  const prepare = async (environment: Complete): Promise<() => Child> => {
    const env = environmentOf(environment, options);
    if (options.filesDir !== undefined) await writeFiles(options.filesDir, environment.files);
    else if (environment.files.length > 0)
      say(`files that are not written (--files-dir DIR): ${environment.files.length}`);
    return () => {
      const started = startChild(command.args, env);
      child = started;
      return started;
    };
  };
  const first = await resolve(api, place, options, say);
  const running = (await prepare(first))();
  if (!options.watch) return ended(await running.ended);
  return ended(await watched({ api, place, options, say, first, running, prepare }));
}

const ended = (code: number): readonly string[] => {
  process.exitCode = code;
  // What still listens for changes, or for signals, is nobody's concern any more.
  process.exit();
};

interface Watched {
  readonly api: Parameters<typeof resolve>[0];
  readonly place: Parameters<typeof resolve>[1];
  readonly options: RunOptions;
  readonly say: (words: string) => void;
  readonly first: Complete;
  readonly running: Child;
  /** All that can fail, and then the start itself. */
  readonly prepare: (environment: Complete) => Promise<() => Child>;
}

/** Runs it again with each new digest. The new values are there before the old program is asked to end. */
async function watched({ api, place, options, say, first, prepare, ...rest }: Watched): Promise<number> {
  let { running } = rest;
  let { digest } = first;
  const stopping = new AbortController();
  let replacing = false;
  const code = new Promise<number>((done) => {
    const follow = (it: Child): void => {
      void it.ended.then((each) => {
        if (it === running && !replacing) done(each);
      });
    };
    follow(running);
    void watchEnvironment(api, place, { say, signal: stopping.signal, since: first }, async () => {
      const next = await resolve(api, place, options, say);
      if (next.digest === digest) return;
      const start = await prepare(next);
      say('what it gets has changed: starting it again');
      replacing = true;
      await running.stop();
      running = start();
      digest = next.digest;
      replacing = false;
      follow(running);
    });
  });
  const result = await code;
  stopping.abort();
  return result;
}

/** Of the client itself: not for the program, and not to be set by values. */
const OWN = /^KEYLOOM_/;
/** They change what runs rather than how. */
const DANGEROUS = /^(PATH|IFS|ENV|BASH_ENV|SHELLOPTS|NODE_OPTIONS|PYTHONPATH|PERL5OPT|RUBYOPT|(LD|DYLD)_.*)$/;

function environmentOf({ variables }: Complete, options: RunOptions): NodeJS.ProcessEnv {
  const say = note(options);
  const { preserveEnv } = options;
  const kept = typeof preserveEnv === 'string' ? new Set(preserveEnv.split(',').map((name) => name.trim())) : null;
  const isKept = (name: string): boolean =>
    process.env[name] !== undefined && (preserveEnv === true || kept?.has(name) === true);
  const env = new Map(Object.entries(process.env).filter(([name]) => !OWN.test(name)));
  for (const { name, value } of variables) {
    if (OWN.test(name)) say(printable(`${name} is not set: the name is the client's own`));
    else if (value.includes('\0')) throw new Failure('notRepresentable', printable(`${name} holds a NUL character`));
    else if (!isKept(name)) {
      if (DANGEROUS.test(name)) say(printable(`${name} is set, and changes what the command runs`));
      env.set(name, value);
    }
  }
  return Object.fromEntries(env);
}
