import { spawn } from 'node:child_process';
import { connect } from '../client/connect.ts';
import { askEnvironment, placeOf } from '../client/environment.ts';
import { forWorkload, note, program } from '../client/program.ts';
import { watchEnvironment } from '../client/watch.ts';

interface Standing {
  readonly seq: number;
  readonly digest: string;
}

/** `keyloom watch`: says whenever what a workload gets has changed, or runs a command then. Values are not fetched. */
export async function watch(args: readonly string[]): Promise<readonly string[]> {
  const command = forWorkload(program('watch', 'Reports changes of what a workload gets.'))
    .option('--exec <command>', 'command that sh runs for each change, with KEYLOOM_DIGEST and KEYLOOM_SEQ')
    .option('--now', 'run it once at the start, too');
  command.parse(args, { from: 'user' });
  const options = command.opts();
  const say = note(options);
  const api = await connect(options);
  const place = await placeOf(api, options as Parameters<typeof placeOf>[1]);
  const standing = (): Promise<Standing> => askEnvironment<Standing>(api, place, 'seq digest');
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  const told = async ({ seq, digest }: Standing): Promise<void> => {
    if (!options.exec) process.stdout.write(`${JSON.stringify({ seq, digest })}\n`);
    else await executed(options.exec, { KEYLOOM_DIGEST: digest, KEYLOOM_SEQ: String(seq) }, say);
  };
  let last = await standing();
  if (options.now) await told(last);
  say('watching');
  await watchEnvironment(api, place, { say, signal: stop.signal, since: last }, async () => {
    const next = await standing();
    if (next.digest === last.digest) return;
    // First: what fails is not done again until the next change.
    last = next;
    await told(next);
  });
  return [];
}

/** Nothing of the client's own goes to the command but what it is told. */
function executed(script: string, told: Readonly<Record<string, string>>, say: (words: string) => void): Promise<void> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('KEYLOOM_'));
  const child = spawn('sh', ['-c', script], { stdio: 'inherit', env: { ...Object.fromEntries(inherited), ...told } });
  return new Promise((done) => {
    child.once('error', ({ code }: NodeJS.ErrnoException) => {
      say(`the command cannot be run (${code})`);
      done();
    });
    child.once('exit', (code, signal) => {
      if (code !== 0) say(`the command ended with ${signal ?? code}`);
      done();
    });
  });
}
