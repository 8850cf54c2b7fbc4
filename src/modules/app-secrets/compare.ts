import type { Session } from '../../access/session.ts';
import type { View } from '../../vault/reading.ts';
import { environmentsOf, liveEnvironment, visibleApp, whole } from '../apps/find.ts';
import { inOrder, type StoredEnvironment } from '../apps/model.ts';
import { bySecretName, type StoredAppSecret, type StoredValue } from './model.ts';
import { mayCompare, mayOnSecrets, requireKeys } from './rights.ts';
import { type Slot, secretsOf, slotIn, valuesOf } from './slots.ts';

/** A secret's value in one environment compared with another. `SET_IN_BOTH`: the viewer may not see whether they are equal. */
export const STATUSES = ['ADDED', 'REMOVED', 'CHANGED', 'EQUAL', 'SET_IN_BOTH'] as const;
export type Status = (typeof STATUSES)[number];

/** A secret in two environments. */
export interface Pair {
  readonly secret: StoredAppSecret;
  readonly from: Slot;
  readonly to: Slot;
}
export interface Compared {
  readonly secret: StoredAppSecret;
  readonly status: Status;
}
export interface UnsetSecret {
  readonly secret: StoredAppSecret;
  /** By their order. */
  readonly environments: readonly StoredEnvironment[];
}

/** What a value in `to` is as against the one in `from`; null: unset in both. */
export function statusOf({ from, to }: Pair, session: Session): Status | null {
  if (!from.value) return to.value ? 'ADDED' : null;
  if (!to.value) return 'REMOVED';
  if (!mayCompare(session, from.value, to.value)) return 'SET_IN_BOTH';
  return isSame(from.value, to.value) ? 'EQUAL' : 'CHANGED';
}

const isSame = (a: StoredValue, b: StoredValue): boolean =>
  a.fields.hidden === b.fields.hidden && a.body().text === b.body().text;

/** The secrets of an app that the caller may list, by name, in two environments. */
export async function pairsIn(app: string, from: string, to: string, view: View, session: Session) {
  const holder = await visibleApp(app, view, session);
  requireKeys(session);
  const before = await liveEnvironment({ app, slug: from }, view);
  const after = await liveEnvironment({ app, slug: to }, view);
  const values = await valuesOf(app, view);
  const pairs = (await listedSecrets(app, view, session)).map((secret): Pair => {
    const slot = (environment: StoredEnvironment) => slotIn(values, { app: holder, environment, secret });
    return { secret, from: slot(before), to: slot(after) };
  });
  return { app: holder, before, after, pairs };
}

async function listedSecrets(app: string, view: View, session: Session): Promise<readonly StoredAppSecret[]> {
  if (!mayOnSecrets(session, 'list')) return [];
  return [...whole(await secretsOf(app, view)).live].sort(bySecretName);
}

/** Environments side by side. */
export function createComparisons() {
  /** Secrets that are set in either environment, by name. */
  const difference = (app: string, from: string, to: string, session: Session): Promise<readonly Compared[]> =>
    session.read(async (view) => {
      const { pairs } = await pairsIn(app, from, to, view, session);
      return pairs.flatMap((pair) => {
        const status = statusOf(pair, session);
        return status ? [{ secret: pair.secret, status }] : [];
      });
    });

  /** Secrets without a value in some environment, by name. */
  const unset = (app: string, session: Session): Promise<readonly UnsetSecret[]> =>
    session.read(async (view) => {
      const holder = await visibleApp(app, view, session);
      requireKeys(session);
      const values = await valuesOf(app, view);
      const environments = inOrder(whole(await environmentsOf(app, view)).live);
      return (await listedSecrets(app, view, session)).flatMap((secret) => {
        const empty = environments.filter(
          (environment) => slotIn(values, { app: holder, environment, secret }).value === null,
        );
        return empty.length > 0 ? [{ secret, environments: empty }] : [];
      });
    });

  return { difference, unset };
}
