import { randomUUID } from 'node:crypto';
import { newToken } from '../crypto/tokens.ts';
import type { Clock } from '../kernel/clock.ts';
import { forbidden, invalidInput, limitExceeded, notFound } from '../kernel/errors.ts';
import type { ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Keys } from '../keys/keys.ts';
import type { TeamId } from '../store/port.ts';
import type { Stored } from '../vault/document.ts';
import { createOnce } from '../vault/once.ts';
import { type Change, changesOf, type Vault } from '../vault/vault.ts';
import { administers, administratorsIn, grantsIn, requireAdministrator, withDescendants } from './administrators.ts';
import { signingSecret } from './gateways.ts';
import type { CreateTokenInput } from './inputs.ts';
import { roleOf } from './lookup.ts';
import { can, covers, roleDocument, type TokenFields, tokenDocument, tokenIndexDocument } from './model.ts';
import { boundTo } from './registrations.ts';
import type { BuiltInRoles } from './resources.ts';
import type { Session } from './session.ts';

const tokens = changesOf(tokenDocument);
const tokenIndex = changesOf(tokenIndexDocument);
/** Who made the first owner's token. */
export const FOUNDER = 'bootstrap';

const LETTER = { user: 'u', machine: 'm', dependent: 'd', gateway: 'g' } as const;

export type TokenFacts = { readonly id: string } & TokenFields;

/** What the store knows a token by. */
export const tokenHash = (keys: Keys, text: string): string =>
  Buffer.from(keys.mac('token')(Buffer.from(text))).toString('base64url');

export interface Minted {
  readonly id: string;
  readonly text: string;
  readonly changes: readonly Change[];
}

/** A fresh token, and the changes that make it known. */
export function mintToken(keys: Keys, team: TeamId, fields: TokenFields): Minted {
  const text = newToken(LETTER[fields.kind]);
  const id = randomUUID();
  const changes = [
    tokens.create([team, id], fields, null),
    tokenIndex.create([tokenHash(keys, text), team], { token: id }, null),
  ];
  return { id, text, changes };
}

export interface TokensDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly expiry: ExpiryClock;
  readonly limits: Pick<Limits, 'tokensPerRevocation'>;
  readonly builtIn: BuiltInRoles;
  /** The token of the founder has ended, because there is another administrator. */
  readonly founderEnded: () => void;
}

/** Credentials of people, machines and dependents. */
export function createTokens({ vault, keys, clock, expiry, limits, builtIn, founderEnded }: TokensDeps) {
  const once = createOnce(vault, keys);

  function requireAdmin(session: Session): void {
    if (!can(session.principal, 'admin', 'token')) throw forbidden();
  }

  async function createToken(input: CreateTokenInput, session: Session) {
    requireAdmin(session);
    const { principal } = session;
    const role = await session.read((view) => roleOf(view, input.role, builtIn));
    if (!role) throw notFound('Role', input.role);
    if (!covers(principal.role.grants, role.grants))
      throw forbidden("A token cannot grant more than its creator's role");
    const at = clock().toISOString();
    const founder = await founderIn(session);
    const isLate = input.expiresAt === null || (principal.expiresAt !== null && input.expiresAt > principal.expiresAt);
    if (principal.expiresAt !== null && isLate && !(founder && administers(role))) {
      throw forbidden('A token cannot outlive the token that makes it');
    }
    const { name, kind, expiresAt } = input;
    const { workload: address } = input;
    const workload = address && (await session.read((view) => boundTo(address, view, session)));
    if (expiresAt !== null && expiresAt <= at) {
      throw invalidInput([{ path: ['expiresAt'], rule: 'future', message: 'must lie in the future' }]);
    }
    const ofGateway = {
      ...(input.networks ? { networks: input.networks } : {}),
      ...(input.signed ? { signed: true as const } : {}),
    };
    const known = { name, kind, role: role.slug, workload, expiresAt, ...ofGateway };
    const fields = { ...known, createdAt: at, createdBy: principal.id };
    const minted = mintToken(keys, principal.team, fields);
    const created = await once(
      {
        team: principal.team,
        actor: principal.id,
        operation: 'token.create',
        at,
        input,
        object: [principal.team, minted.id],
        idempotencyKey: input.idempotencyKey,
      },
      async (extra) => {
        // It is for making the first administrator, and ends with that.
        const ended = founder && workload === null && administers(role) ? [tokens.erase(founder, founder.fields)] : [];
        const commit = await session.commit('token.create', [...minted.changes, ...ended, ...extra]);
        if (ended.length > 0) founderEnded();
        return commit;
      },
    );
    const token = await tokenById(created.key[1] ?? '', session);
    // A repeated request cannot be told the text again: it was not kept. This one can, even if it had to look up what it did.
    const isFirst = token.id === minted.id;
    const secret = isFirst && token.signed ? signingSecret(keys, principal.team, token.id) : null;
    return { token, text: isFirst ? minted.text : null, signingSecret: secret, commit: created.commit };
  }

  /** The caller's token if it is the founder's and has an end. */
  async function founderIn(session: Session): Promise<Stored<TokenFields, null> | null> {
    const { principal } = session;
    if (principal.expiresAt === null) return null;
    const own = await session.read(async (view) => (await view.set(tokenDocument)).get(principal.id));
    return own && !own.deleted && own.fields.createdBy === FOUNDER ? own : null;
  }

  const facts = ({ key, fields }: Stored<TokenFields, null>): TokenFacts => ({ id: key[1] ?? '', ...fields });

  async function tokenById(id: string, session: Session): Promise<TokenFacts> {
    const stored = await session.read(async (view) => (await view.set(tokenDocument)).get(id));
    if (!stored || stored.deleted || !can(session.principal, 'list', 'token')) throw notFound('Token');
    return facts(stored);
  }

  /** Ends a token; with `descendants` all that were made by it, too. Answers with those, or else with the ones that live on. */
  async function revokeToken(id: string, descendants: boolean, session: Session) {
    requireAdmin(session);
    return session.write([session.principal.team, id], async () => {
      const { family, guards } = await session.read(async (view) => {
        const set = await view.set(tokenDocument);
        const stored = set.get(id);
        if (!stored || stored.deleted) throw notFound('Token');
        const found = withDescendants(stored, set).filter(({ deleted }) => !deleted);
        const ended = descendants ? found : [stored];
        if (ended.length > limits.tokensPerRevocation) {
          throw limitExceeded(
            'tokens of one revocation',
            limits.tokensPerRevocation,
            ended.length,
            'tokensPerRevocation',
          );
        }
        const revoked = new Set(ended.map(({ key }) => key[1] ?? ''));
        const isLoss = administratorsIn(set, expiry.now(), grantsIn(await view.set(roleDocument), builtIn)).some(
          ({ key }) => revoked.has(key[1] ?? ''),
        );
        return {
          family: found,
          guards: isLoss ? await requireAdministrator({ revoked }, view, expiry.now(), builtIn) : [],
        };
      });
      const [stored, ...others] = family;
      if (!stored) throw notFound('Token');
      const ended = (descendants ? family : [stored]).map((each) => tokens.erase(each, each.fields));
      const commit = await session.commit('token.revoke', [...ended, ...guards]);
      return { token: facts(stored), descendants: others.map(facts), commit };
    });
  }

  /** A token of an owner for whoever holds the root key, as a commit with an actor of its own. */
  async function offlineOwner(team: TeamId): Promise<string> {
    const at = clock().toISOString();
    const actor = 'offline:owner-token';
    const owner = { name: 'owner made offline', kind: 'user', role: 'owner', workload: null, expiresAt: null } as const;
    const minted = mintToken(keys, team, { ...owner, createdAt: at, createdBy: actor });
    await vault.commit({ team, actor, operation: 'token.create', changes: minted.changes });
    return minted.text;
  }

  async function listTokens(session: Session): Promise<readonly TokenFacts[]> {
    if (!can(session.principal, 'list', 'token')) return [];
    const { live } = await session.read((view) => view.set(tokenDocument));
    return live.map(facts);
  }

  return { createToken, revokeToken, offlineOwner, tokenById, listTokens };
}
