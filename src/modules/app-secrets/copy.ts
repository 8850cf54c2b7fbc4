import type { Session } from '../../access/session.ts';
import { conflict, invalidInput } from '../../kernel/errors.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { appDocument, appScope, environmentDocument, type StoredApp, type StoredEnvironment } from '../apps/model.ts';
import { type Pair, pairsIn, statusOf } from './compare.ts';
import type { AppSecretsDeps } from './deps.ts';
import { createKeeping } from './history.ts';
import { appSecretDocument, type StoredAppSecret, type StoredValue, valueDocument } from './model.ts';
import { requireOnSecrets, requireProtected } from './rights.ts';
import { incarnationOf } from './slots.ts';
import { valueChange } from './values.ts';

/** `WRITTEN`: it is set in both, and whether that changes anything is kept from the viewer. */
export const ACTIONS = ['ADDED', 'CHANGED', 'UNCHANGED', 'WRITTEN'] as const;
export type Action = (typeof ACTIONS)[number];

export interface CopyAsk {
  readonly app: string;
  readonly from: string;
  readonly to: string;
  /** Names of secrets; null: all. Unknown ones make no difference. */
  readonly names: readonly string[] | null;
}
export interface CopyEntry {
  readonly secret: StoredAppSecret;
  readonly action: Action;
}
export interface CopyPlan {
  readonly app: StoredApp;
  readonly from: StoredEnvironment;
  readonly to: StoredEnvironment;
  readonly seq: number;
  /** Keyed hash of all that the plan was made on. */
  readonly planHash: string;
  /** Secrets that are set in `from`, by name. Copying unsets nothing. */
  readonly entries: readonly CopyEntry[];
}

interface Planned {
  readonly plan: CopyPlan;
  /** In the order of the entries. */
  readonly pairs: readonly (Pair & { readonly source: StoredValue })[];
}

/** Copies values from one environment to another, as a preview showed it. */
export function createCopies(deps: AppSecretsDeps) {
  const { keys, clock } = deps;
  const keeping = createKeeping(deps);

  async function planned(ask: CopyAsk, view: View, session: Session): Promise<Planned> {
    if (ask.from === ask.to) throw invalidInput([SAME]);
    const { app, before: from, after: to, pairs: all } = await pairsIn(ask.app, ask.from, ask.to, view, session);
    const wanted = ask.names && new Set(ask.names);
    const pairs = all.flatMap((pair) => {
      const source = pair.from.value;
      return source && (!wanted || wanted.has(pair.secret.fields.name)) ? [{ ...pair, source }] : [];
    });
    const entries = pairs.map((pair): CopyEntry => ({ secret: pair.secret, action: actionOf(pair, session) }));
    const facts = pairs.map(({ from: source, to: target }, i) => [
      idOf(source.secret.key),
      entries[i]?.action,
      incarnationOf(source),
      source.latest?.revision,
      incarnationOf(target),
      target.latest?.revision,
    ]);
    const bytes = Buffer.from(JSON.stringify(['app-secret-copy-1', view.team, ask.app, ask.from, ask.to, facts]));
    const planHash = keys.mac('digest').asText(bytes);
    return { plan: { app, from, to, seq: view.seq, planHash, entries }, pairs };
  }

  /** What a copy would do. Requires `keys`. */
  const previewCopy = (ask: CopyAsk, session: Session): Promise<CopyPlan> =>
    session.read(async (view) => (await planned(ask, view, session)).plan);

  /** Reading is needed for what can be read; what is hidden stays hidden, and so copying reveals nothing to anybody. */
  function requireMayCopy({ plan: { to }, pairs }: Planned, session: Session): void {
    requireOnSecrets(session, 'write');
    if (pairs.some(({ source }) => !source.fields.hidden)) requireOnSecrets(session, 'read');
    requireProtected(session, [to]);
  }

  async function copy(ask: CopyAsk & { readonly planHash: string }, session: Session) {
    const { made: plan, commit } = await session.run({
      operation: 'appSecretValue.copy',
      subject: [session.principal.team, appScope(ask.app)],
      async find(view) {
        const found = await planned(ask, view, session);
        requireMayCopy(found, session);
        return found;
      },
      decide(found) {
        if (found.plan.planHash !== ask.planHash)
          throw conflict('PREVIEW_OUTDATED', 'The values have changed since the preview');
        return { changes: changesFor(found, clock().toISOString()), made: found.plan };
      },
      keeps: [keeping],
    });
    return { plan, commit };
  }

  return { previewCopy, copy };
}

const SAME = { path: ['to'], rule: 'distinct', message: 'must be another environment than `from`' };

/** What would be told by leaving alone what is equal is not told: it is written again. */
function actionOf(pair: Pair, session: Session): Action {
  const status = statusOf({ ...pair, from: pair.to, to: pair.from }, session);
  if (status === 'EQUAL') return 'UNCHANGED';
  if (status === 'SET_IN_BOTH') return 'WRITTEN';
  return status === 'CHANGED' ? 'CHANGED' : 'ADDED';
}

function changesFor({ plan: { app, from, to, entries }, pairs }: Planned, at: string): readonly Change[] {
  const guards = [
    changesOf(appDocument).unchanged(app),
    changesOf(environmentDocument).unchanged(from),
    changesOf(environmentDocument).unchanged(to),
  ];
  const changes = pairs.flatMap(({ source, secret, to: target }, i) => {
    const unchanged = [changesOf(valueDocument).unchanged(source), changesOf(appSecretDocument).unchanged(secret)];
    if (entries[i]?.action === 'UNCHANGED') return unchanged;
    return [valueChange(target, source.fields.hidden, source.body().text, at), ...unchanged];
  });
  return [...guards, ...changes];
}
