import { conflict } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import type { Key } from '../store/port.ts';
import type { CommitFacts } from './change.ts';
import { type Change, changesOf } from './change.ts';
import { plainDocument } from './document.ts';
import type { Vault } from './port.ts';

/** What a create answered: enough to answer it again. */
export type RememberedFields = {
  readonly request: string;
  readonly object: readonly string[];
  readonly at: string;
  readonly actor: string;
  readonly operation: string;
};
export const rememberedDocument = plainDocument<RememberedFields>('idempotency');

export interface OnceRequest {
  readonly team: string;
  readonly actor: string;
  readonly operation: string;
  readonly idempotencyKey: string;
  /** What was asked; the same key with another request is a conflict. */
  readonly input: unknown;
}

/** A request with an idempotency key, as it is remembered. */
export interface Asked {
  readonly key: Key;
  readonly request: string;
  readonly actor: string;
  readonly operation: string;
}

/** What creates with an idempotency key answered, to be answered again. */
export function createMemory(vault: Pick<Vault, 'one'>, keys: Keys) {
  const hash = (text: string): string => keys.mac('idempotency').asText(text);

  return {
    asked: ({ team, actor, operation, idempotencyKey, input }: OnceRequest): Asked => ({
      key: [team, hash(JSON.stringify([actor, operation, idempotencyKey]))],
      request: hash(JSON.stringify(input)),
      actor,
      operation,
    }),
    /** null: it was not asked before. */
    async answer({ key, request }: Asked): Promise<{ readonly object: Key; readonly commit: CommitFacts } | null> {
      const found = await vault.one(rememberedDocument, key);
      if (!found) return null;
      if (found.fields.request !== request)
        throw conflict('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used for another request');
      const { object, at, actor, operation } = found.fields;
      return { object, commit: { seq: found.seq, at, actor, operation } };
    },
    /** What the create commits besides. */
    record: ({ key, ...facts }: Asked, object: Key, at: Date): Change =>
      changesOf(rememberedDocument).create(key, { ...facts, object, at: at.toISOString() }, null),
  };
}
