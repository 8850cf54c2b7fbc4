import type { GlobalSecretFacts, Globals } from '../../domain/types.ts';
import { isAppError } from '../../kernel/errors.ts';
import { inParallel } from '../../kernel/parallel.ts';
import { idOf } from '../../vault/document.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { Vault } from '../../vault/port.ts';
import { evenReading, type View } from '../../vault/reading.ts';
import {
  type GlobalBody,
  type GlobalFields,
  type GlobalFile,
  globalDocument,
  type StoredGlobal,
} from '../global-secrets/model.ts';

export type GlobalSet = DocumentSet<GlobalFields, GlobalBody>;

const textOf = ({ data, encoding }: GlobalFile): string =>
  encoding === 'binary' ? data : Buffer.from(data, 'base64').toString('utf8');

/** Facts already made of a document, for as long as the document itself is kept. */
const made = new WeakMap<StoredGlobal, GlobalSecretFacts>();

function factsOf(stored: StoredGlobal): GlobalSecretFacts {
  const known = made.get(stored);
  if (known) return known;
  const { values, files } = stored.body();
  const texts = new Map([...files].map(([id, file]) => [id, textOf(file)]));
  const facts = { type: stored.fields.type, values, files: texts };
  made.set(stored, facts);
  return facts;
}

/** The live global secrets, each opened when a reference first names it. One that was tampered with fails whoever names it. */
export function globalsNow(set: GlobalSet): Globals {
  return {
    get: (slug) => {
      const stored = set.get(slug);
      return stored && !stored.deleted ? factsOf(stored) : undefined;
    },
  };
}

/** The global secrets as the team's commit `seq` left them. What history no longer tells fails only whoever names it. */
export async function globalsAsOf(vault: Vault, view: View, seq: number): Promise<Globals> {
  const present = await view.set(globalDocument);
  const pasts = await inParallel(present.intact, (stored) =>
    vault.asOf(globalDocument, stored, seq, evenReading(view.work)).catch((error: unknown) => {
      if (isAppError(error) && error.code === 'HISTORY_EXPIRED') return error;
      throw error;
    }),
  );
  const then = new Map(present.intact.map((stored, i) => [idOf(stored.key), pasts[i] ?? null]));
  return {
    get: (slug) => {
      // Asked first: it refuses what was tampered with.
      present.get(slug);
      const stored = then.get(slug);
      if (stored instanceof Error) throw stored;
      return stored ? factsOf(stored) : undefined;
    },
  };
}
