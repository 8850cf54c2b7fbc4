import { Option } from 'commander';
import { createApi } from '../client/api.ts';
import { checkedUrl } from '../client/connect.ts';
import { contextsFile, readContexts, writeContexts } from '../client/contexts.ts';
import { Failure } from '../client/failure.ts';
import { forgetOffline } from '../client/offline.ts';
import { note, program } from '../client/program.ts';
import { printable } from '../client/text.ts';

interface Viewer {
  readonly name: string;
  readonly team: string;
  readonly role: { readonly slug: string };
  readonly workload: { readonly project: string; readonly id: string } | null;
}

/** `keyloom login --url URL`: keeps a token, once the gateway has taken it. */
export async function login(args: readonly string[]): Promise<readonly string[]> {
  const command = program(
    'login',
    'Keeps a token for a gateway; it is read from standard input, or asked for.',
  ).addOption(new Option('--name <name>', 'name of the context').default('default'));
  const options = command.parse(args, { from: 'user' }).opts();
  const say = note(options);
  const given = options.url ?? process.env.KEYLOOM_URL;
  if (given === undefined) throw new Failure('usage', 'missing gateway: keyloom login --url URL');
  const url = checkedUrl(given, options.allowHttp === true || process.env.KEYLOOM_ALLOW_HTTP === 'true');
  if (options.token !== undefined) say('a token in the arguments stays in the history of the shell');
  const token = options.token ?? process.env.KEYLOOM_TOKEN ?? (await askedToken());
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Failure('access', 'that is not a Keyloom token');
  const { viewer } = await createApi({ url, token }).ask<{ viewer: Viewer }>(
    '{ viewer { name team role { slug } workload { project id } } }',
  );
  const { contexts } = await readContexts();
  await writeContexts({ current: options.name, contexts: new Map([...contexts, [options.name, { url, token }]]) });
  const who = viewer.workload
    ? `${viewer.workload.project}/${viewer.workload.id}`
    : `${viewer.name} (${viewer.role.slug})`;
  say(printable(`logged in to the team ${viewer.team} as ${who}; kept in ${contextsFile()}`));
  return [];
}

/** `keyloom logout`: forgets the token of a context, or of all. It stays good until it is revoked. */
export async function logout(args: readonly string[]): Promise<readonly string[]> {
  const command = program('logout', 'Removes the saved token of the current context.').option(
    '--all',
    'remove all contexts',
  );
  const options = command.parse(args, { from: 'user' }).opts();
  // First: whatever else fails, no value stays.
  await forgetOffline();
  const { current, contexts } = await readContexts();
  const name: string | null = options.context ?? current;
  if (!options.all && (name === null || !contexts.has(name))) throw new Failure('usage', 'not logged in');
  const rest = new Map([...contexts].filter(([each]) => !options.all && each !== name));
  await writeContexts({ current: rest.keys().next().value ?? null, contexts: rest });
  note(options)('removed here; the token itself stays valid until it is revoked');
  return [];
}

async function askedToken(): Promise<string> {
  if (process.stdin.isTTY) return hidden('Token: ');
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text.trim();
}

/** A line that is typed and not shown. */
function hidden(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve, reject) => {
    let line = '';
    const done = (end: () => void): void => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.removeListener('data', typed);
      stderr.write('\n');
      end();
    };
    const typed = (chunk: Buffer): void => {
      for (const char of chunk.toString('utf8')) {
        if (char === '\r' || char === '\n') {
          done(() => resolve(line));
          return;
        }
        if (char === '\u0003' || char === '\u0004') {
          done(() => reject(new Failure('usage', 'given up')));
          return;
        }
        line = char === '\u007f' || char === '\b' ? line.slice(0, -1) : line + char;
      }
    };
    stdin.on('data', typed);
  });
}
