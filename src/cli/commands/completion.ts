import type { RootCommand } from '@bomb.sh/tab';
import { DIALECT_NAMES } from '../../dialects/dialects.ts';
import { Failure } from '../client/failure.ts';
import { NOUNS } from '../client/nouns.ts';
import type { Command } from '../command.ts';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'];
const VERBS: ReadonlySet<string> = new Set(['create', 'put', 'patch', 'get', 'list', 'delete']);
const FOR_WORKLOAD: ReadonlySet<string> = new Set(['run', 'watch', 'export', 'explain']);

/** `keyloom completion bash`: a script for a shell, to be read by it with `source`. */
export async function completion(
  [shell = '']: readonly string[],
  commands: ReadonlyMap<string, Command>,
): Promise<readonly string[]> {
  if (!SHELLS.includes(shell)) throw new Failure('usage', `which shell? One of ${SHELLS.join(', ')}`);
  const script = await scriptFor(shell, commands);
  // A shell that reads its start-up files again would complain of each.
  return [shell === 'bash' ? script.replaceAll(/^readonly (?=\w+=)/gm, '') : script];
}

/** What the library prints. */
async function scriptFor(shell: string, commands: ReadonlyMap<string, Command>): Promise<string> {
  const root = await described(commands);
  const lines: unknown[] = [];
  const { log } = console;
  console.log = (line: unknown) => void lines.push(line);
  try {
    root.setup('keyloom', 'keyloom', shell);
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}

/** What those scripts ask: `keyloom complete -- words so far`. Asks no gateway, and so knows no name of anybody's. */
export async function complete(
  [dashes, ...typed]: readonly string[],
  commands: ReadonlyMap<string, Command>,
): Promise<readonly string[]> {
  if (dashes === '--') (await described(commands)).parse([...typed]);
  return [];
}

const oneOf =
  (words: Iterable<string>) =>
  (suggest: (value: string, description: string) => void): void => {
    for (const word of words) suggest(word, '');
  };
const anything = (): void => {};

async function described(commands: ReadonlyMap<string, Command>): Promise<RootCommand> {
  const { default: root } = await import('@bomb.sh/tab');
  for (const [name, { summary, usage }] of commands) {
    if (usage === '') continue;
    const command = root.command(name, summary);
    if (VERBS.has(name)) command.argument('noun', oneOf(NOUNS.keys()));
    if (name === 'completion') command.argument('shell', oneOf(SHELLS));
    if (FOR_WORKLOAD.has(name)) {
      command.option('project', 'project of the workload', anything);
      command.option('service', 'id of the service', anything);
      command.option('job', 'id of the job', anything);
      command.option('scope', 'scope of the environment', oneOf(['runtime', 'build']));
    }
    if (name === 'export' || name === 'import') command.option('dialect', 'format', oneOf(DIALECT_NAMES));
  }
  return root;
}
