import { open, unlink } from 'node:fs/promises';
import { invalidInput, unavailable } from '../../kernel/errors.ts';

/** Nothing of the gateway is loaded, and nothing written, before it is called. */
async function make(): Promise<string> {
  const [{ makeOwnerToken }, { readConfig }, { createLog }] = await Promise.all([
    import('../../app/app.ts'),
    import('../../app/config.ts'),
    import('../../http/log.ts'),
  ]);
  return makeOwnerToken(readConfig(process.env), createLog('error'));
}

/**
 * `keyloom owner-token [--file FILE]`: a new token of an owner for whoever holds the root key. To a terminal, or into a new
 * file that only its owner may read: a token does not belong into a log.
 */
export async function ownerToken(args: readonly string[]): Promise<readonly string[]> {
  const file = fileIn(args);
  if (file === null) {
    // Read by a person and by nobody else.
    if (process.stdout.isTTY !== true)
      throw unavailable('There is no terminal to print the token to: keyloom owner-token --file FILE');
    return [`Owner token, shown this once: ${await make()}`];
  }
  // Opened first: a token that could not be kept would be made for nothing. Follows no link, and takes no file that is there.
  const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw unavailable(`The file ${file} cannot be made (${error.code ?? 'unknown'})`);
  });
  try {
    await handle.writeFile(`${await make()}\n`);
    await handle.sync();
  } catch (error) {
    // An empty file would be in the way of the next try.
    await unlink(file).catch(() => {});
    throw error;
  } finally {
    await handle.close();
  }
  return [`An owner token was written to ${file}, readable by its owner alone.`];
}

function fileIn(args: readonly string[]): string | null {
  if (args.length === 0) return null;
  const [option, file] = args;
  if (args.length === 2 && option === '--file' && file) return file;
  throw invalidInput([
    { path: ['owner-token'], rule: 'usage', message: 'is used as `keyloom owner-token [--file FILE]`' },
  ]);
}
