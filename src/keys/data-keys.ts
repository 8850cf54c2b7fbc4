import type { KeyFor } from '../crypto/envelope.ts';
import { recent } from '../kernel/recent.ts';
import {
  type DekRingDeps,
  dekWrite,
  destroyAll,
  noKey,
  type Ring,
  readRing,
  rotation,
  type Scope,
  shredded,
} from './dek-ring.ts';
import type { KeyCare, Keys } from './keys.ts';
import { dekKey, hexOf, ringKey } from './model.ts';
import { randomKey } from './wrapping.ts';

type Pending = ReturnType<Keys['newDataKey']> & { readonly incarnation: string };

export type DataKeys = Omit<Keys, 'instance' | 'incarnation' | 'mac'> & Pick<KeyCare, 'rotateDataKey'>;

const RINGS_KEPT = 10_000;
const PENDING_KEPT = 1_000;
const INCARNATION_BYTES = 16;

const nameOf = (scope: Scope): string => ringKey(...scope).join('\0');

/** Data keys, unwrapped when first needed and kept in memory. */
export function createDataKeys(deps: DekRingDeps): DataKeys {
  const rings = recent<Promise<Ring>>(RINGS_KEPT);
  const pending = recent<Pending>(PENDING_KEPT);
  const forget = (...scope: Scope): void => void rings.delete(nameOf(scope));

  async function load(name: string, scope: Scope): Promise<Ring> {
    const ring = await readRing(deps, scope);
    const ours = pending.get(name);
    // The commit that a pending key was made for is done, or lost against another one.
    if (ours && (ring.primary !== null || ring.byId.has(hexOf(ours.key.id)))) pending.delete(name);
    return ring;
  }

  async function ringOf(scope: Scope): Promise<Ring> {
    const name = nameOf(scope);
    const underWay = rings.get(name);
    const known = underWay && (await underWay);
    // A reading that finds nothing may have begun before the commit that the caller knows of.
    if (known && known.primary !== null) return known;
    const loading = load(name, scope);
    rings.set(name, loading);
    const drop = (): void => void (rings.peek(name) === loading && rings.delete(name));
    try {
      const ring = await loading;
      // Nothing is not remembered: a team or project may get its first key at any time.
      if (ring.primary === null) drop();
      return ring;
    } catch (error) {
      drop();
      throw error;
    }
  }

  return {
    forget,
    async sealingKey(...scope) {
      const ring = await ringOf(scope);
      const key = ring.primary ?? pending.get(nameOf(scope))?.key;
      if (key) return key;
      throw ring.byId.size > 0 ? shredded() : noKey(scope);
    },
    async sealingGuard(...scope) {
      const { primary, revision } = await ringOf(scope);
      return primary && { op: 'check', kind: 'dek', key: dekKey(...scope, primary.id), expected: revision };
    },
    async openingKeys(team, project, needed = []) {
      let ring = await ringOf([team, project]);
      if (needed.some((id) => !ring.byId.has(hexOf(id)))) {
        forget(team, project);
        ring = await ringOf([team, project]);
      }
      return finder(ring);
    },
    async incarnationOf(...scope) {
      const { primary, incarnation } = await ringOf(scope);
      return primary ? incarnation : (pending.get(nameOf(scope))?.incarnation ?? incarnation);
    },
    newDataKey(...scope) {
      const known = pending.get(nameOf(scope));
      if (known) return known;
      const key = randomKey(deps.random);
      const incarnation = hexOf(deps.random(INCARNATION_BYTES));
      const made = { key, incarnation, write: dekWrite(deps, scope, key, { version: 1, incarnation }) };
      pending.set(nameOf(scope), made);
      return made;
    },
    async rotateDataKey(team, project, actor) {
      await deps.documents.commit(team, actor, 'keys.rotateDataKey', await rotation(deps, [team, project]));
      forget(team, project);
    },
    async shred(team, project, actor) {
      await destroyAll(deps, [team, project], actor);
      pending.delete(nameOf([team, project]));
      forget(team, project);
    },
  };
}

function finder(ring: Ring): KeyFor {
  return (id) => {
    const key = ring.byId.get(hexOf(id));
    if (key === null) throw shredded();
    return key ?? null;
  };
}
