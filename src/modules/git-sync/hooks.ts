import { timingSafeEqual } from 'node:crypto';
import { isAppError } from '../../kernel/errors.ts';
import { SLUG } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import { recent } from '../../kernel/recent.ts';
import type { Mac, TeamId } from '../../store/port.ts';
import type { Gitops } from '../global-secrets/model.ts';
import { isAbout, payloadOf } from './hook-payload.ts';
import { deliveryOf, type HookHeaders, isSigned } from './hook-signature.ts';
import type { StoredSync } from './sync-model.ts';

/** What a sender is told: nothing but this. */
export type HookAnswer = 'accepted' | 'unauthorized' | 'malformed';

interface Called {
  readonly sync: StoredSync;
  readonly gitops: Gitops;
}

export interface HooksDeps<Found extends Called> {
  readonly mac: Mac;
  /** Milliseconds. */
  readonly now: () => number;
  readonly limits: Limits;
  readonly find: (team: TeamId, slug: string) => Promise<Found | null>;
  /** Has the git file looked at soon. */
  readonly call: (found: Found) => void;
}

const MAC_BYTES = 16;

/** Webhooks by which git hosts tell of pushes. */
export function createHooks<Found extends Called>({ mac, now, limits, find, call }: HooksDeps<Found>) {
  /** Deliveries that were heard. Another process, or this one later on, at most looks once more. */
  const heard = recent<true>(10_000);

  const seal = (name: string): Buffer => Buffer.from(mac(Buffer.from(name))).subarray(0, MAC_BYTES);

  /** The public id of a hook: whose it is, and a proof that it was made here. */
  function idFor(team: TeamId, slug: string): string {
    const name = `${team}/${slug}`;
    return `${Buffer.from(name).toString('base64url')}.${seal(name).toString('base64url')}`;
  }

  /** null: it was not made here. */
  function addressOf(id: string): { readonly team: TeamId; readonly slug: string } | null {
    const [encoded = '', given = '', ...more] = id.split('.');
    const name = Buffer.from(encoded, 'base64url').toString('utf8');
    const proof = Buffer.from(given, 'base64url');
    const isProven = proof.length === MAC_BYTES && timingSafeEqual(proof, seal(name));
    const [team = '', slug = ''] = name.split('/');
    return isProven && more.length === 0 && SLUG.test(slug) ? { team, slug } : null;
  }

  async function receive(id: string, headers: HookHeaders, body: Uint8Array): Promise<HookAnswer> {
    const address = addressOf(id);
    const found = address && (await findOrNull(address.team, address.slug));
    const secret = found?.sync.body().hookSecret ?? null;
    if (!found || secret === null || !isSigned(headers, body, secret, now())) return 'unauthorized';
    const payload = payloadOf(body, headers['content-type'] ?? '', limits);
    if (!payload) return 'malformed';
    const delivery = `${id} ${deliveryOf(headers, body)}`;
    if (!heard.has(delivery) && isAbout(payload, found.gitops)) call(found);
    heard.set(delivery, true);
    return 'accepted';
  }

  const findOrNull = (team: TeamId, slug: string): Promise<Found | null> =>
    find(team, slug).catch((error: unknown) => {
      if (isAppError(error) && error.code === 'UNAUTHENTICATED') return null;
      throw error;
    });

  return { idFor, isKnown: (id: string): boolean => addressOf(id) !== null, receive };
}
