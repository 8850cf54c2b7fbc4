import { conflict, isAppError } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import type { Commit, Key } from '../store/port.ts';
import { plainDocument } from './document.ts';
import { type Change, changesOf, type Vault } from './vault.ts';

/** What a create answered: enough to answer it again. */
export type RememberedFields = {
  readonly request: string;
  readonly object: readonly string[];
  readonly at: string;
  readonly actor: string;
  readonly operation: string;
};
export const rememberedDocument = plainDocument<RememberedFields>('idempotency');

export type CommitFacts = Pick<Commit, 'seq' | 'at' | 'actor' | 'operation'>;

export interface Created {
  readonly key: Key;
  readonly commit: CommitFacts;
  /** True: an earlier request with the same key did it. */
  readonly replayed: boolean;
}

export interface OnceRequest {
  readonly team: string;
  readonly actor: string;
  readonly operation: string;
  readonly idempotencyKey: string | null | undefined;
  /** What was asked; the same key with another request is a conflict. */
  readonly input: unknown;
  /** What it makes; a function when that is not known before. Asked for only when it was not done already. */
  readonly object: Key | (() => Promise<Key>);
  readonly at: string;
}

/** Lets a repeated create (same caller, same key, same input) be answered with what the first one did. */
export function createOnce(vault: Vault, keys: Keys) {
  const hash = (text: string): string => Buffer.from(keys.mac('idempotency')(Buffer.from(text))).toString('base64url');

  async function remembered(key: Key, request: string): Promise<Created | null> {
    const found = await vault.one(rememberedDocument, key);
    if (!found) return null;
    if (found.fields.request !== request)
      throw conflict('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used for another request');
    const { object, at, actor, operation } = found.fields;
    return { key: object, commit: { seq: found.seq, at, actor, operation }, replayed: true };
  }

  return async function once(ask: OnceRequest, run: (extra: readonly Change[]) => Promise<Commit>): Promise<Created> {
    const { idempotencyKey } = ask;
    const objectOf = async (): Promise<Key> => (typeof ask.object === 'function' ? ask.object() : ask.object);
    if (idempotencyKey === null || idempotencyKey === undefined) {
      return { key: await objectOf(), commit: await run([]), replayed: false };
    }
    const key = [ask.team, hash(JSON.stringify([ask.actor, ask.operation, idempotencyKey]))];
    const request = hash(JSON.stringify(ask.input));
    const before = await remembered(key, request);
    if (before) return before;
    const object = await objectOf();
    const fields = { request, object, at: ask.at, actor: ask.actor, operation: ask.operation };
    try {
      return {
        key: object,
        commit: await run([changesOf(rememberedDocument).create(key, fields, null)]),
        replayed: false,
      };
    } catch (error) {
      // The same request may have won the race, or the first answer may have been lost on its way.
      const after = isAppError(error) ? await remembered(key, request) : null;
      if (after) return after;
      throw error;
    }
  };
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
  const hash = (text: string): string => Buffer.from(keys.mac('idempotency')(Buffer.from(text))).toString('base64url');

  return {
    asked: ({ team, actor, operation, idempotencyKey, input }: Omit<OnceRequest, 'object' | 'at'>): Asked => ({
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
