import { invalidInput } from '../../kernel/errors.ts';

function fileOf(args: readonly string[], usage: string): string {
  const [file] = args;
  if (args.length === 1 && file && !file.startsWith('-')) return file;
  throw invalidInput([
    { path: [usage.split(' ')[0] ?? ''], rule: 'usage', message: `is used as \`keyloom ${usage}\`` },
  ]);
}

const config = async () => (await import('../../app/config.ts')).readConfig(process.env);

/** `keyloom backup FILE`. */
export async function backup(args: readonly string[]): Promise<readonly string[]> {
  const file = fileOf(args, 'backup FILE');
  const { makeBackup } = await import('../../app/care.ts');
  return makeBackup(await config(), file);
}

/** `keyloom restore FILE`. */
export async function restore(args: readonly string[]): Promise<readonly string[]> {
  const file = fileOf(args, 'restore FILE');
  const { restoreBackup } = await import('../../app/care.ts');
  return restoreBackup(await config(), file);
}

/** `keyloom verify [FILE]`. */
export async function verify(args: readonly string[]): Promise<readonly string[]> {
  const file = args.length === 0 ? undefined : fileOf(args, 'verify [FILE]');
  const { verifyStore } = await import('../../app/care.ts');
  return verifyStore(await config(), file);
}
