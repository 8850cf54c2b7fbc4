import type { Work } from '../../kernel/work.ts';
import type { Inspect } from '../certificates/inspection.ts';
import { bytesOf, type GlobalBody, type GlobalFile } from './model.ts';

/** A body with the facts of certificates in its files, where they are not known yet. */
export const createInspected =
  (inspect: Inspect) =>
  async (body: GlobalBody, work: Work): Promise<GlobalBody> => {
    const unknown = [...body.files].filter(([, file]) => !file.certificate);
    const found = await inspect(new Map(unknown.map(([id, file]) => [id, { bytes: bytesOf(file) }])), work);
    const files = [...body.files].map(([id, file]): [string, GlobalFile] => {
      const certificate = found.get(id);
      return [id, certificate ? { ...file, certificate } : file];
    });
    return { ...body, files: new Map(files) };
  };
