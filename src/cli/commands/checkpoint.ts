import { invalidInput } from '../../kernel/errors.ts';

/** `keyloom checkpoint [--accept]`. */
export async function checkpoint(args: readonly string[]): Promise<readonly string[]> {
  const accept = args.length === 1 && args[0] === '--accept';
  if (args.length > 0 && !accept) {
    throw invalidInput([
      { path: ['checkpoint'], rule: 'usage', message: 'is used as `keyloom checkpoint [--accept]`' },
    ]);
  }
  const [{ checkpointCommand }, { readConfig }, { createLog }] = await Promise.all([
    import('../../app/app.ts'),
    import('../../app/config.ts'),
    import('../../http/log.ts'),
  ]);
  return checkpointCommand(readConfig(process.env), createLog('error'), accept);
}
