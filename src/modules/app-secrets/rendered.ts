import type { Session } from '../../access/session.ts';
import { forbidden } from '../../kernel/errors.ts';
import { idOf } from '../../vault/document.ts';
import { environmentsOf, liveEnvironment, visibleApp, whole } from '../apps/find.ts';
import type { StoredApp, StoredEnvironment } from '../apps/model.ts';
import type { AppSecretsDeps } from './deps.ts';
import { bySecretName, type StoredAppSecret } from './model.ts';
import { mayOnSecrets } from './rights.ts';
import { secretsOf, slotIn, valuesOf } from './slots.ts';

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
  /** null: masked or unset. */
  readonly serializedValue: string | null;
  readonly masked: boolean;
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
  const keyed = (texts: readonly string[]): string =>
    Buffer.from(keys.mac('digest')(Buffer.from(JSON.stringify(texts)))).toString('base64url');

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
      const secrets = [...listed].sort(bySecretName).map((secret): RenderedSecret => {
        const { value } = slotIn(values, { app, environment, secret });
        const facts = { key: secret.fields.name, secret };
        if (!value) return { ...facts, valueTypeUrn: `${VALUE_TYPE}None`, serializedValue: null, masked: false };
        const serializedValue = isOpen ? value.body().text : null;
        return { ...facts, valueTypeUrn: `${VALUE_TYPE}String`, serializedValue, masked: !isOpen };
      });
      const incrementalId = Math.max(app.seq, (await environmentsOf(ask.app, view)).seq, all.seq, values.seq);
      const place = [view.team, ask.app, ask.environment];
      return {
        app,
        environment,
        seq: view.seq,
        incrementalId,
        changelogId: keyed(['app-changelog-1', ...place, String(incrementalId)]),
        secretDigest: keyed(['rendered-app-secrets-1', ...place, ...secrets.flatMap(shown)]),
        secrets,
        unset: secrets.filter((each) => !each.masked && each.serializedValue === null).map(({ key }) => key),
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
const shown = ({ key, secret, valueTypeUrn, serializedValue, masked }: RenderedSecret): readonly string[] => [
  key,
  idOf(secret.key),
  masked ? `${valueTypeUrn} masked` : valueTypeUrn,
  serializedValue ?? '',
];
