import { randomUUID } from 'node:crypto';
import { newToken } from '../crypto/tokens.ts';
import type { Clock } from '../kernel/clock.ts';
import { forbidden, invalidInput, limitExceeded, notFound, unavailable } from '../kernel/errors.ts';
import type { ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Keys } from '../keys/keys.ts';
import type { TeamId } from '../store/port.ts';
import { type Change, changesOf } from '../vault/change.ts';
import type { Stored } from '../vault/document.ts';
import type { Vault } from '../vault/port.ts';
import type { View } from '../vault/reading.ts';
import { ownAuthor } from '../vault/writer.ts';
import { administers, administratorsIn, grantsIn, requireAdministrator, withDescendants } from './administrators.ts';
import { signingSecret } from './gateways.ts';
import type { CreateTokenInput } from './inputs.ts';
import { type Roles, roleOf } from './lookup.ts';
import {
  can,
  covers,
  roleDocument,
  type TokenFields,
  teamDocument,
  tokenDocument,
  tokenIndexDocument,
} from './model.ts';
import type { Session } from './session.ts';

const tokens = changesOf(tokenDocument);
const tokenIndex = changesOf(tokenIndexDocument);
/** Who made the first owner's token. */
export const FOUNDER = 'bootstrap';

const LETTER = { user: 'u', machine: 'm', dependent: 'd', gateway: 'g' } as const;

export type TokenFacts = { readonly id: string } & TokenFields;

/** What the store knows a token by. */
export const tokenHash = (keys: Keys, text: string): string => keys.mac('token').asText(text);

export interface Credential {
  readonly id: string;
  readonly text: string;
}

/** A fresh token that nobody knows yet. */
export const newCredential = (kind: TokenFields['kind']): Credential => ({
  id: randomUUID(),
  text: newToken(LETTER[kind]),
});

/** What makes a token known. */
export const tokenChanges = (
  keys: Keys,
  team: TeamId,
  fields: TokenFields,
  { id, text }: Credential,
): readonly Change[] => [
  tokens.create([team, id], fields, null),
  tokenIndex.create([tokenHash(keys, text), team], { token: id }, null),
];

export interface TokensDeps extends Roles {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly expiry: ExpiryClock;
  readonly limits: Pick<Limits, 'tokensPerRevocation'>;
  /** The token of the founder has ended, because there is another administrator. */
  readonly founderEnded: () => void;
}

function requireAdmin({ principal }: Session): void {
  if (!can(principal, 'admin', 'token')) throw forbidden();
}

/** The caller's token if it is the founder's and has an end. */
async function founderIn(view: View, { principal }: Session): Promise<Stored<TokenFields, null> | null> {
  if (principal.expiresAt === null) return null;
  const own = (await view.set(tokenDocument)).get(principal.id);
  return own && !own.deleted && own.fields.createdBy === FOUNDER ? own : null;
}

const facts = ({ key, fields }: Stored<TokenFields, null>): TokenFacts => ({ id: key[1] ?? '', ...fields });

/** Credentials of people, machines and dependents. */
export const createTokens = (deps: TokensDeps) => ({
  tokenById,
  listTokens,
  ...createMaking(deps),
  revokeToken: createRevocation(deps),
  offlineOwner: createOfflineOwner(deps),
});

async function tokenById(id: string, session: Session): Promise<TokenFacts> {
  const stored = await session.read(async (view) => (await view.set(tokenDocument)).get(id));
  if (!stored || stored.deleted || !can(session.principal, 'list', 'token')) throw notFound('Token');
  return facts(stored);
}

async function listTokens(session: Session): Promise<readonly TokenFacts[]> {
  if (!can(session.principal, 'list', 'token')) return [];
  const { live } = await session.read((view) => view.set(tokenDocument));
  return live.map(facts);
}

function createMaking({ keys, clock, builtIn, named, founderEnded }: TokensDeps) {
  /** What the token may be, by who makes it; whether it ends the founder's. */
  async function permitted(input: CreateTokenInput, at: string, view: View, session: Session) {
    const { principal } = session;
    const role = await roleOf(view, input.role, { builtIn, named });
    if (!role) throw notFound('Role', input.role);
    if (!covers(principal.role.grants, role.grants))
      throw forbidden("A token cannot grant more than its creator's role");
    const founder = await founderIn(view, session);
    const isLate = input.expiresAt === null || (principal.expiresAt !== null && input.expiresAt > principal.expiresAt);
    if (principal.expiresAt !== null && isLate && !(founder && administers(role))) {
      throw forbidden('A token cannot outlive the token that creates it');
    }
    const { name, kind, expiresAt, workload: address } = input;
    const workload = address && (await named.boundTo(address, view, session));
    if (expiresAt !== null && expiresAt <= at) {
      throw invalidInput([{ path: ['expiresAt'], rule: 'future', message: 'must be in the future' }]);
    }
    // It is for making the first administrator, and ends with that.
    const ended = founder && workload === null && administers(role) ? [tokens.erase(founder, founder.fields)] : [];
    const ofGateway = {
      ...(input.networks ? { networks: input.networks } : {}),
      ...(input.signed ? { signed: true as const } : {}),
    };
    const known = { name, kind, role: role.slug, workload, expiresAt, ...ofGateway };
    return { fields: { ...known, createdAt: at, createdBy: principal.id }, ended };
  }

  async function createToken(input: CreateTokenInput, session: Session) {
    requireAdmin(session);
    const { team } = session.principal;
    const at = clock().toISOString();
    const credential = newCredential(input.kind);
    const { object, commit, made } = await session.run({
      operation: 'token.create',
      subject: [team, credential.id],
      once: { idempotencyKey: input.idempotencyKey, input },
      find: (view) => permitted(input, at, view, session),
      decide: ({ fields, ended }) => ({
        changes: [...tokenChanges(keys, team, fields, credential), ...ended],
        made: ended.length > 0,
      }),
    });
    if (made) founderEnded();
    const token = await tokenById(object[1] ?? '', session);
    // A repeated request cannot be told the text again: it was not kept. This one can, even if it had to look up what it did.
    const isFirst = token.id === credential.id;
    const secret = isFirst && token.signed ? signingSecret(keys, team, token.id) : null;
    return { token, text: isFirst ? credential.text : null, signingSecret: secret, commit };
  }

  return { createToken };
}

function createRevocation({ expiry, limits, builtIn }: TokensDeps) {
  /** Ends a token; with `descendants` all that were made by it, too. Answers with those, or else with the ones that live on. */
  async function revokeToken(id: string, descendants: boolean, session: Session) {
    requireAdmin(session);
    const { made, commit } = await session.run({
      operation: 'token.revoke',
      subject: [session.principal.team, id],
      async find(view) {
        const set = await view.set(tokenDocument);
        const stored = set.get(id);
        if (!stored || stored.deleted) throw notFound('Token');
        return { set, stored };
      },
      async decide({ set, stored }, view) {
        const family = withDescendants(stored, set).filter(({ deleted }) => !deleted);
        const ended = descendants ? family : [stored];
        requireFew(ended.length);
        const revoked = new Set(ended.map(({ key }) => key[1] ?? ''));
        const isLoss = administratorsIn(set, expiry.now(), grantsIn(await view.set(roleDocument), builtIn)).some(
          ({ key }) => revoked.has(key[1] ?? ''),
        );
        const guards = isLoss ? await requireAdministrator({ revoked }, view, expiry.now(), builtIn) : [];
        return { changes: ended.map((each) => tokens.erase(each, each.fields)), guards, made: family };
      },
    });
    const [, ...others] = made;
    return { token: facts(made[0] as Stored<TokenFields, null>), descendants: others.map(facts), commit };
  }

  function requireFew(count: number): void {
    const max = limits.tokensPerRevocation;
    if (count > max) throw limitExceeded('tokens of one revocation', max, count, 'tokensPerRevocation');
  }

  return revokeToken;
}

function createOfflineOwner({ vault, keys, clock }: TokensDeps) {
  /** A token of an owner for whoever holds the root key, as a commit with an actor of its own. */
  async function offlineOwner(team: TeamId): Promise<string> {
    if (!(await (await vault.view(team)).set(teamDocument)).get('team')) {
      throw unavailable(`There is no team ${team} in the store: it is founded by the first start`);
    }
    const at = clock().toISOString();
    const actor = 'offline:owner-token';
    const owner = { name: 'owner made offline', kind: 'user', role: 'owner', workload: null, expiresAt: null } as const;
    const credential = newCredential(owner.kind);
    const fields = { ...owner, createdAt: at, createdBy: actor };
    await vault.writer.run(ownAuthor(vault, team, actor), {
      operation: 'token.create',
      subject: [team, credential.id],
      find: () => null,
      decide: () => ({ changes: tokenChanges(keys, team, fields, credential) }),
    });
    return credential.text;
  }

  return offlineOwner;
}
