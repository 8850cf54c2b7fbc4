import { createRootKeyFile } from '../../crypto/root-key.ts';
import { invalidInput } from '../../kernel/errors.ts';

/** `keyloom init FILE`: makes a root key where there is none, and says what to do with it. */
export async function init(file: string | undefined): Promise<readonly string[]> {
  if (!file || file.startsWith('-')) {
    throw invalidInput([
      { path: ['FILE'], rule: 'required', message: 'say where the root key goes: keyloom init FILE' },
    ]);
  }
  await createRootKeyFile(file);
  return [
    `A root key was made in ${file}, readable by its owner alone.`,
    'Keep a copy where the store is not: whoever loses it loses every value, and nobody can bring it back.',
    `Start Keyloom with KEYLOOM_ROOT_KEY_FILE=${file}`,
  ];
}
