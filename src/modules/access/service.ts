import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { parseToken } from '../../crypto/tokens.ts';
import type { Clock } from '../../kernel/clock.ts';
import { unauthenticated } from '../../kernel/errors.ts';
import type { Store, TeamId } from '../../store/port.ts';
import { retryingStale } from '../../vault/sets.ts';
import { changesOf, type Vault } from '../../vault/vault.ts';
import type { Keys } from '../keys/keys.ts';
import { type Principal, type TokenFields, teamDocument, tokenDocument, tokenIndexDocument } from './model.ts';
import { createRoles, roleOf } from './roles.ts';
import { createSession, type Session } from './session.ts';
import { createTokens, mintToken, tokenHash } from './tokens.ts';

export interface AccessDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
}

export type AccessService = ReturnType<typeof createAccess>;

/** Who may come in, and as what. */
export function createAccess({ store, vault, keys, clock }: AccessDeps) {
  const known = new LRUCache<string, { readonly team: TeamId; readonly token: string }>({ max: 10_000 });

  /** Team and id behind a token. The index never changes for a hash, so it may be remembered; the token is looked at anew each time. */
  async function lookUp(text: string): Promise<{ readonly team: TeamId; readonly token: string } | null> {
    // Tokens are random, so a plain hash is enough to remember one by; the store knows them by a keyed one.
    const digest = createHash('sha256').update(text).digest('base64');
    const remembered = known.get(digest);
    if (remembered) return remembered;
    if (!parseToken(text)) return null;
    const hash = tokenHash(keys, text);
    const [doc] = await store.list('tokenIndex', [hash], { limit: 1 });
    const index = doc && (await vault.one(tokenIndexDocument, doc.key));
    if (!index || index.deleted) return null;
    const found = { team: index.key[1] ?? '', token: index.fields.token };
    known.set(digest, found);
    return found;
  }

  /** A session for a bearer token; every reason to refuse sounds the same. */
  async function authenticate(text: string): Promise<Session> {
    const found = await lookUp(text);
    if (!found) throw unauthenticated();
    return retryingStale(async () => {
      const view = await vault.view(found.team);
      const stored = (await view.set(tokenDocument)).get(found.token);
      const role = stored && !stored.deleted ? await roleOf(view, stored.fields.role) : null;
      if (!stored || !role || hasExpired(stored.fields)) throw unauthenticated();
      const { name, kind, workload, expiresAt } = stored.fields;
      const principal: Principal = { id: found.token, name, kind, team: found.team, role, workload, expiresAt };
      return createSession(vault, principal, view);
    });
  }

  const hasExpired = ({ expiresAt }: TokenFields): boolean => expiresAt !== null && new Date(expiresAt) <= clock();

  /** Makes the team with its data key and the owner's token, once; null when the team is there already. */
  async function bootstrap(team: TeamId): Promise<string | null> {
    const view = await vault.view(team);
    if ((await view.set(teamDocument)).get('team')) return null;
    const at = clock().toISOString();
    const owner = { name: 'owner', kind: 'user', role: 'owner', workload: null, expiresAt: null } as const;
    const minted = mintToken(keys, team, { ...owner, createdAt: at, createdBy: 'bootstrap' });
    const changes = [
      { op: 'raw', write: keys.newDataKey(team, null).write } as const,
      changesOf(teamDocument).create([team, 'team'], { name: team, createdAt: at }, null),
      ...minted.changes,
    ];
    await vault.commit({ team, actor: 'bootstrap', operation: 'team.create', changes });
    return minted.text;
  }

  return { authenticate, bootstrap, ...createTokens({ vault, keys, clock }), ...createRoles({ vault, keys, clock }) };
}
