import type { Session } from '../../access/session.ts';
import { subjectOf, Value } from '../../audit/reveal.ts';
import { forbidden } from '../../kernel/errors.ts';
import { idOf } from '../../vault/document.ts';
import { environmentsOf, liveEnvironment, visibleApp, whole } from '../apps/find.ts';
import type { StoredApp, StoredEnvironment } from '../apps/model.ts';
import type { AppSecretsDeps } from './deps.ts';
import { bySecretName, type StoredAppSecret, valueDocument } from './model.ts';
import { mayOnSecrets } from './rights.ts';
import { type Slot, secretsOf, slotIn, valueKey, valuesOf } from './slots.ts';

export const MODES = ['Full', 'PreviewOnly'] as const;
export type RenderMode = (typeof MODES)[number];

const VALUE_TYPE = 'urn:rendered-app-secret:value-type:';

export interface RenderAsk {
  readonly app: string;
  readonly environment: string;
  readonly mode: RenderMode;
  /** Names of secrets; null: all. A name that is unknown, or given twice, makes no difference. */
  readonly names: readonly string[] | null;
}

export interface RenderedSecret {
  /** The secret's name. */
  readonly key: string;
  readonly secret: StoredAppSecret;
  readonly valueTypeUrn: string;
  /** Without a text: unset. */
  readonly value: Value;
}

/** What an app gets in one environment. */
export interface Rendered {
  readonly app: StoredApp;
  readonly environment: StoredEnvironment;
  /** The team's commit that it is as of. */
  readonly seq: number;
  /** Number of the last commit that changed the app's environments, secrets or values. */
  readonly incrementalId: number;
  /** Stands for that commit in this environment; tells nothing else. */
  readonly changelogId: string;
  /** Keyed hash of what is shown: equal digests mean equal answers. */
  readonly secretDigest: string;
  /** By name. */
  readonly secrets: readonly RenderedSecret[];
  /** Names of those without a value. */
  readonly unset: readonly string[];
}

/** Renders the secrets of an app for one environment. A constant number of store calls, however many there are. */
export function createRendering({ keys }: Pick<AppSecretsDeps, 'keys'>) {
  const keyed = (texts: readonly string[]): string => keys.mac('digest').asText(JSON.stringify(texts));

  function render(ask: RenderAsk, session: Session): Promise<Rendered> {
    return session.read(async (view) => {
      const app = await visibleApp(ask.app, view, session);
      const environment = await liveEnvironment({ app: ask.app, slug: ask.environment }, view);
      const mayRender = mayOnSecrets(session, 'resolve');
      if (!mayRender && !mayOnSecrets(session, 'listKeys')) throw forbidden();
      const all = await secretsOf(ask.app, view);
      const values = await valuesOf(ask.app, view);
      const listed = mayOnSecrets(session, 'list') ? chosen(whole(all).live, ask.names) : [];
      const isOpen = mayRender && ask.mode === 'Full';
      const slots = [...listed].sort(bySecretName).map((secret) => slotIn(values, { app, environment, secret }));
      const secrets = slots.map((slot): RenderedSecret => {
        const { secret, value } = slot;
        const of = subjectOf(valueDocument.kind, valueKey(slot));
        const valueTypeUrn = `${VALUE_TYPE}${value ? 'String' : 'None'}`;
        const text = new Value(of, isOpen || !value, () => value?.body().text ?? null);
        return { key: secret.fields.name, secret, valueTypeUrn, value: text };
      });
      const incrementalId = Math.max(app.seq, (await environmentsOf(ask.app, view)).seq, all.seq, values.seq);
      const place = [view.team, ask.app, ask.environment];
      return {
        app,
        environment,
        seq: view.seq,
        incrementalId,
        changelogId: keyed(['app-changelog-1', ...place, String(incrementalId)]),
        secretDigest: keyed(['rendered-app-secrets-1', ...place, ...slots.flatMap((slot) => shown(slot, isOpen))]),
        secrets,
        unset: slots.filter(({ value }) => value === null).map(({ secret }) => secret.fields.name),
      };
    });
  }

  return { render };
}

function chosen(all: readonly StoredAppSecret[], names: readonly string[] | null): readonly StoredAppSecret[] {
  if (names === null) return all;
  const wanted = new Set(names);
  return all.filter(({ fields }) => wanted.has(fields.name));
}

/** A rendered secret as four texts, so that a run of them can be read in one way only. */
function shown({ secret, value }: Slot, isOpen: boolean): readonly string[] {
  const urn = `${VALUE_TYPE}${value ? 'String' : 'None'}`;
  const isMasked = value !== null && !isOpen;
  const text = isOpen ? value?.body().text : undefined;
  return [secret.fields.name, idOf(secret.key), isMasked ? `${urn} masked` : urn, text ?? ''];
}
