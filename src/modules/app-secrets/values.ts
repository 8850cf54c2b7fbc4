import type { Session } from '../../access/session.ts';
import { utf8Size } from '../../domain/template.ts';
import { conflict, limitExceeded } from '../../kernel/errors.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { pageBelow, type View } from '../../vault/reading.ts';
import { environmentsOf, liveEnvironment, visibleApp, whole } from '../apps/find.ts';
import { appDocument, appScope, environmentDocument, inOrder, type PlaceInApp } from '../apps/model.ts';
import type { AppSecretsDeps } from './deps.ts';
import { type GeneratedValue, generateValue } from './generate.ts';
import { createKeeping } from './history.ts';
import type { GenerateValueInput, SetValueInput } from './inputs.ts';
import { appSecretDocument, type StoredAppSecret, type StoredValue, valueDocument } from './model.ts';
import { mayOnSecrets, requireKeys, requireOnSecrets, requireProtected } from './rights.ts';
import { incarnationOf, type Slot, slotIn, valueKey, valuesOf, visibleSecret } from './slots.ts';

const changes = changesOf(valueDocument);

/** Newer revisions that are looked through at once by whoever begins further back. */
const NEWER_AT_ONCE = 100;

/** One value: of which secret, in which environment, and the revision that the caller saw. */
export interface ValueUpdate extends PlaceInApp {
  readonly environment: string;
  readonly expectedRevision?: number | null | undefined;
}

/** A revision of a value, and whether its text is out of everybody's sight. */
export interface ValueRevision {
  readonly past: StoredValue;
  readonly hidden: boolean;
}

/** The new text of a slot. */
export function valueChange(slot: Slot, hidden: boolean, text: string, at: string): Change {
  const fields = { hidden, incarnation: incarnationOf(slot), updatedAt: at };
  if (slot.stored) return changes.replace(slot.stored, fields, { text });
  return changes.create(valueKey(slot), fields, { text });
}

/** The slot must still be one. */
const slotGuards = ({ app, environment, secret }: Slot): readonly Change[] => [
  changesOf(appDocument).unchanged(app),
  changesOf(environmentDocument).unchanged(environment),
  changesOf(appSecretDocument).unchanged(secret),
];

async function slotAt(ref: ValueUpdate, view: View, session: Session): Promise<Slot> {
  const app = await visibleApp(ref.app, view, session);
  const secret = await visibleSecret(ref, view, session);
  const environment = await liveEnvironment({ app: ref.app, slug: ref.environment }, view);
  return slotIn(await valuesOf(ref.app, view), { app, environment, secret });
}

/** The first steps of a change: the slot, for whoever may change what is in it and saw its present revision. */
const writable = (ref: ValueUpdate, session: Session) => ({
  async find(view: View): Promise<Slot> {
    const slot = await slotAt(ref, view, session);
    requireOnSecrets(session, 'write');
    requireProtected(session, [slot.environment]);
    return slot;
  },
  seen: ({ latest: present }: Slot) => ({
    expected: ref.expectedRevision,
    present,
    absent: 'The value was never set',
  }),
});

function createValueHistory(vault: AppSecretsDeps['vault']) {
  /**
   * Reads revisions still kept, newest first. What was hidden once hides all that came before it, so whoever begins further back
   * is shown nothing that the newer ones would hide: those are read first, without their texts.
   */
  function revisions(slot: Slot, session: Session) {
    requireKeys(session);
    const key = slot.latest?.key ?? null;
    const mayRead = ({ hidden }: StoredValue['fields']): boolean => !hidden && mayOnSecrets(session, 'read');
    const incarnation = incarnationOf(slot);
    let [reached, hidden]: [number | null, boolean] = [null, false];
    const page = async (below: number | null, limit: number): Promise<readonly ValueRevision[]> => {
      if (key === null) return [];
      const found = await vault.revisions(valueDocument, key, pageBelow(below, limit), { work: session.work, mayRead });
      reached = found[found.length - 1]?.revision ?? reached;
      // Of an earlier one of the same name nothing is shown.
      return found
        .filter(({ fields }) => fields.incarnation === incarnation)
        .map((past) => {
          hidden ||= past.fields.hidden && !past.deleted;
          return { past, hidden };
        });
    };
    return async (below: number | null, limit: number): Promise<readonly ValueRevision[]> => {
      while (below !== null && (reached === null || reached > below)) {
        const newer = await page(reached, Math.min(NEWER_AT_ONCE, (reached ?? slot.latest?.revision ?? 0) - below + 1));
        if (newer.length === 0) return [];
      }
      return page(below, limit);
    };
  }

  return revisions;
}

/** The values of app secrets, one for each secret and environment. */
export function createValues(deps: AppSecretsDeps) {
  const { vault, clock, limits, random, sshKeyPair } = deps;
  const keeping = createKeeping(deps);

  /** What a secret is in each environment, by their order. */
  const slots = (secret: StoredAppSecret, place: PlaceInApp, session: Session): Promise<readonly Slot[]> =>
    session.read(async (view) => {
      requireKeys(session);
      const app = await visibleApp(place.app, view, session);
      const values = await valuesOf(place.app, view);
      const environments = inOrder(whole(await environmentsOf(place.app, view)).live);
      return environments.map((environment) => slotIn(values, { app, environment, secret }));
    });

  /** The one way to change a value. */
  async function change(ref: ValueUpdate, operation: string, session: Session, decide: (slot: Slot) => Change) {
    const { commit } = await session.run({
      operation,
      subject: [session.principal.team, appScope(ref.app), `${ref.environment}/${ref.slug}`],
      ...writable(ref, session),
      decide: (slot) => ({ changes: [decide(slot)], guards: slotGuards(slot) }),
      keeps: [keeping],
    });
    return { appSecretValue: await session.read((view) => slotAt(ref, view, session)), commit };
  }

  function put(ref: ValueUpdate, hidden: boolean, text: string, operation: string, session: Session) {
    return change(ref, operation, session, (slot) => {
      const size = utf8Size(text);
      const max = limits.appSecretValueBytes;
      if (size > max) throw limitExceeded('bytes of the value', max, size, 'appSecretValueBytes');
      return valueChange(slot, hidden, text, clock().toISOString());
    });
  }

  const setValue = (ref: ValueUpdate, input: Pick<SetValueInput, 'hidden' | 'kvAppSecretValue'>, session: Session) =>
    put(ref, input.hidden, input.kvAppSecretValue.text, 'appSecretValue.set', session);

  async function generate(
    ref: ValueUpdate,
    input: Omit<GenerateValueInput, 'environment' | 'expectedRevision'>,
    session: Session,
  ) {
    // Before the work of drawing a key pair is done for anybody.
    await session.ready(writable(ref, session));
    const generated: GeneratedValue = await generateValue(input, random, sshKeyPair);
    const { text, ...facts } = generated;
    return { ...facts, ...(await put(ref, input.hidden, text, 'appSecretValue.generate', session)) };
  }

  /** Nothing of the text stays but in the history. */
  const unsetValue = (ref: ValueUpdate, session: Session) =>
    change(ref, 'appSecretValue.unset', session, ({ value }) => {
      if (!value) throw conflict('NOT_THERE', 'The value is not set');
      return changes.erase(value, { ...value.fields, updatedAt: clock().toISOString() }, { text: '' });
    });

  return { slots, setValue, generate, unsetValue, revisions: createValueHistory(vault) };
}
