import { isAppError } from '../../kernel/errors.ts';

/** null for what does not exist or may not be seen. Loaders give an error as a value. */
export async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    const value = await found;
    if (value instanceof Error) throw value;
    return value;
  } catch (error) {
    if (isAppError(error) && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
