import { isDialectName, loadDialect } from '../../../src/dialects/dialects.ts';
import { nasty } from './nasty.ts';
import type { Oracle } from './oracles.ts';

export interface Outcome {
  readonly written: number;
  readonly refused: number;
  /** Names and values that came back changed; the first few. */
  readonly wrong: readonly { readonly value: string; readonly read: string | undefined }[];
}

/** Writes so many values in the oracle's dialect, in files of some hundred, and has the real parser read them. */
export async function roundTrip(oracle: Oracle, count: number, perFile: number, seed: number): Promise<Outcome> {
  if (!isDialectName(oracle.dialect)) throw new Error(`there is no dialect ${oracle.dialect}`);
  const dialect = await loadDialect(oracle.dialect);
  const wrong: { value: string; read: string | undefined }[] = [];
  let written = 0;
  let refused = 0;
  for (let done = 0; done < count; done += perFile) {
    const all = nasty(perFile, seed + done).filter(({ value }) => !oracle.skips?.(value));
    const { text, refused: not } = dialect.write(all);
    const missing = new Set(not.map(({ name }) => name));
    const read = await oracle.read(text);
    const own = new Map(dialect.read(text).variables.map(({ name, value }) => [name, value]));
    refused += missing.size;
    for (const { name, value } of all) {
      if (missing.has(name)) continue;
      written += 1;
      if (read.get(name) !== value || own.get(name) !== value) wrong.push({ value, read: read.get(name) });
    }
  }
  return { written, refused, wrong: wrong.slice(0, 5) };
}
