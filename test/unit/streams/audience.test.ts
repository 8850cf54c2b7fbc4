import { describe, expect, it } from 'vitest';
import { endOf, type Principal, type Role } from '../../../src/access/model.ts';
import type { Commit } from '../../../src/store/port.ts';
import { concernedBy, createAudience } from '../../../src/streams/audience.ts';
import type { Subscriber } from '../../../src/streams/subscriber.ts';

const roleOf = (slug: string): Role => ({ slug, name: slug, builtIn: false, revision: 1, grants: [] });

interface Who {
  readonly id: string;
  readonly role?: string;
  readonly workload?: Principal['workload'];
  readonly expiresAt?: string | null;
  readonly via?: Principal;
}

const principalOf = ({ id, role = 'reader', workload = null, expiresAt = null, via }: Who): Principal => ({
  id,
  name: id,
  kind: workload ? 'dependent' : 'machine',
  team: 'team',
  role: roleOf(role),
  workload,
  expiresAt,
  endsAt: endOf(expiresAt),
  revision: 1,
  ...(via ? { via } : {}),
});
const workloadOf = (project: string, id: string) => ({ project, kind: 'service' as const, id, registration: 'r' });

function subscriberOf(who: Who): Subscriber {
  return { principal: principalOf(who), left: false } as unknown as Subscriber;
}

const commitOf = (operation: string, ...touched: readonly (readonly [kind: string, ...key: string[]])[]): Commit =>
  ({
    operation,
    touched: touched.map(([kind, ...key]) => ({ kind, key: ['team', ...key], revision: 1 })),
  }) as unknown as Commit;

function anAudience(...many: readonly Who[]) {
  const audience = createAudience();
  const subscribers = many.map(subscriberOf);
  for (const subscriber of subscribers) audience.add(subscriber);
  const among = (commit: Commit): readonly string[] => {
    const concerned = concernedBy(commit);
    return concerned === null ? [] : audience.among(concerned).map(({ principal }) => principal.id);
  };
  return { audience, subscribers, among };
}

describe('whom a commit concerns', () => {
  const gateway = principalOf({ id: 'gateway', role: 'gateway' });
  const { among } = anAudience(
    { id: 'a' },
    { id: 'b', role: 'operator' },
    { id: 'b', role: 'operator' },
    { id: 'c', workload: workloadOf('p', 's') },
    { id: 'd', workload: workloadOf('p', 't'), role: 'dependent' },
    { id: 'e', via: gateway },
  );

  it.each([
    ['a token', commitOf('token.revoke', ['token', 'a']), ['a']],
    ['a token of two who listen', commitOf('token.revoke', ['token', 'b']), ['b', 'b']],
    ['a token of nobody', commitOf('token.create', ['token', 'new'], ['tokenIndex', 'x']), []],
    ['a role', commitOf('role.update', ['role', 'operator']), ['b', 'b']],
    ['the token of a gateway', commitOf('token.revoke', ['token', 'gateway']), ['e']],
    ['the role of a gateway', commitOf('role.update', ['role', 'gateway']), ['e']],
    ['a workload that is deleted', commitOf('service.delete', ['service', 'p', 's']), ['c']],
    ['a job of the same name', commitOf('job.delete', ['job', 'p', 's']), []],
    ['a workload of another project', commitOf('service.delete', ['service', 'q', 's']), []],
    ['a workload that is put', commitOf('service.put', ['service', 'p', 's']), []],
    ['a project', commitOf('project.delete', ['project', 'p']), ['c', 'd']],
    ['a token and a workload', commitOf('x', ['token', 'a'], ['service', 'p', 't']), ['a', 'd']],
    ['anything else', commitOf('secretGroup.create', ['secretGroup', 'p', 'g']), []],
  ])('%s', (_what, commit, ids) => {
    expect([...among(commit)].sort()).toEqual(ids);
  });

  it('is nobody who has gone, and finds whoever was renewed by what they are now', () => {
    const { audience, subscribers, among: now } = anAudience({ id: 'a' }, { id: 'a' });
    audience.remove(subscribers[0] as Subscriber);
    expect(now(commitOf('x', ['token', 'a']))).toEqual(['a']);
    audience.renew(subscribers[1] as Subscriber, principalOf({ id: 'a', role: 'operator' }));
    expect(now(commitOf('x', ['role', 'reader']))).toEqual([]);
    expect(now(commitOf('x', ['role', 'operator']))).toEqual(['a']);
    audience.remove(subscribers[1] as Subscriber);
    expect(now(commitOf('x', ['token', 'a'], ['role', 'operator']))).toEqual([]);
  });
});

describe('whose time has come', () => {
  const at = (minute: number): string => new Date(minute * 60_000).toISOString();

  it('is told by the sooner of the user and the gateway, and never of what has no end', () => {
    const { audience, subscribers } = anAudience(
      { id: 'never' },
      { id: 'late', expiresAt: at(9) },
      { id: 'forwarded', expiresAt: at(8), via: principalOf({ id: 'gateway', expiresAt: at(2) }) },
      { id: 'soon', expiresAt: at(1) },
    );
    const seen: string[] = [];
    const isDue = ({ id }: Principal): boolean => {
      if (seen.at(-1) !== id) seen.push(id);
      return id !== 'late';
    };
    expect(audience.ended(isDue)).toBe(subscribers[3]);
    expect(audience.ended(isDue)).toBe(subscribers[2]);
    expect(audience.ended(isDue)).toBeUndefined();
    expect(seen).toEqual(['soon', 'forwarded', 'late']);
  });

  it('is found anew when the token ends sooner than it did', () => {
    const { audience, subscribers } = anAudience({ id: 'a', expiresAt: at(9) });
    const [subscriber] = subscribers as [Subscriber];
    audience.renew(subscriber, principalOf({ id: 'a', expiresAt: at(1) }));
    const isDue = ({ expiresAt }: Principal): boolean => expiresAt === at(1);
    expect(audience.ended(isDue)).toBe(subscriber);
  });

  it('is found behind one that ends later than it did', () => {
    const { audience, subscribers } = anAudience({ id: 'a', expiresAt: at(1) }, { id: 'b', expiresAt: at(2) });
    const [moved, other] = subscribers as [Subscriber, Subscriber];
    audience.renew(moved, principalOf({ id: 'a', expiresAt: at(9) }));
    const by =
      (minute: number) =>
      (principal: Principal): boolean =>
        Date.parse(principal.expiresAt ?? '') <= minute * 60_000;
    expect(audience.ended(by(3))).toBe(other);
    expect(audience.ended(by(3))).toBeUndefined();
    expect(audience.ended(by(9))).toBe(moved);
  });
});
