import { utf8Size } from '../../domain/template.ts';
import { limitExceeded } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import { type GlobalBody, sizeOf } from './model.ts';

/** Refuses what is too much, before anything is written. Values count as the JSON they are kept as. */
export const createSizeCheck =
  (limits: Limits) =>
  ({ values, files }: GlobalBody): void => {
    let total = utf8Size(JSON.stringify(values));
    for (const [id, file] of files) {
      const size = sizeOf(file);
      if (size > limits.fileBytes) throw limitExceeded(`bytes of the file ${id}`, limits.fileBytes, size, 'fileBytes');
      total += size + id.length + utf8Size(file.path);
    }
    if (total > limits.globalSecretBytes)
      throw limitExceeded('bytes in all', limits.globalSecretBytes, total, 'globalSecretBytes');
  };
