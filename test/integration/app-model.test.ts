import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isAppError } from '../../src/kernel/errors.ts';
import { startApp } from '../support/start-app.ts';

/**
 * Any run of use cases, against a model that keeps each app as plain maps: an environment or a secret that is deleted takes
 * its values with it, brings them back when it is restored, and leaves nothing to one that is made anew.
 */
interface Part {
  readonly values: Map<string, { readonly text: string; readonly hidden: boolean }>;
}
interface Named {
  live: object | null;
  /** What the last one to be deleted was. */
  deleted: object | null;
}

class Model {
  readonly environments = new Map<string, Named>();
  readonly secrets = new Map<string, Named>();
  /** Values by the very environment and secret, not by their names. */
  readonly values = new Map<object, Map<object, Part['values'] extends Map<string, infer V> ? V : never>>();

  create(of: 'environments' | 'secrets', name: string): boolean {
    const known = this[of].get(name);
    if (known?.live) return false;
    this[of].set(name, { live: {}, deleted: null });
    return true;
  }
  remove(of: 'environments' | 'secrets', name: string): boolean {
    const known = this[of].get(name);
    if (!known?.live) return false;
    this[of].set(name, { live: null, deleted: known.live });
    return true;
  }
  restore(of: 'environments' | 'secrets', name: string): boolean {
    const known = this[of].get(name);
    if (!known?.deleted) return false;
    this[of].set(name, { live: known.deleted, deleted: null });
    return true;
  }
  private row(environment: string) {
    const live = this.environments.get(environment)?.live;
    if (!live) return null;
    const row = this.values.get(live) ?? new Map();
    this.values.set(live, row);
    return row;
  }
  set(environment: string, secret: string, text: string, hidden: boolean): boolean {
    const row = this.row(environment);
    const live = this.secrets.get(secret)?.live;
    if (!row || !live) return false;
    row.set(live, { text, hidden });
    return true;
  }
  unset(environment: string, secret: string): boolean {
    const live = this.secrets.get(secret)?.live;
    return live ? (this.row(environment)?.delete(live) ?? false) : false;
  }
  copy(from: string, to: string): boolean {
    const [source, target] = [this.row(from), this.row(to)];
    if (!source || !target || from === to) return false;
    for (const { live } of this.secrets.values()) {
      const value = live && source.get(live);
      if (live && value) target.set(live, value);
    }
    return true;
  }
  seen(): unknown {
    const names = (of: 'environments' | 'secrets') =>
      [...this[of]]
        .filter(([, { live }]) => live)
        .map(([name]) => name)
        .sort();
    return names('environments').map((environment) => [
      environment,
      names('secrets').map((secret) => {
        const live = this.secrets.get(secret)?.live ?? {};
        const value = this.row(environment)?.get(live);
        return [secret, value?.text ?? null, value?.hidden ?? false];
      }),
    ]);
  }
}

const environment = fc.constantFrom('dev', 'staging', 'live');
const secret = fc.constantFrom('one', 'two', 'three');
const of = fc.constantFrom('environments' as const, 'secrets' as const);
const name = (kind: 'environments' | 'secrets') => (kind === 'environments' ? environment : secret);
const change = of.chain((kind) =>
  fc.record({
    do: fc.constantFrom('create' as const, 'remove' as const, 'restore' as const),
    kind: fc.constant(kind),
    name: name(kind),
  }),
);
const step = fc.oneof(
  { weight: 3, arbitrary: change },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      environment,
      secret,
      text: fc.string(),
      hidden: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unset' as const), environment, secret }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('copy' as const), from: environment, to: environment }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function inModel(model: Model, each: Step): boolean {
  if (each.do === 'set') return model.set(each.environment, each.secret, each.text, each.hidden);
  if (each.do === 'unset') return model.unset(each.environment, each.secret);
  if (each.do === 'copy') return model.copy(each.from, each.to);
  return model[each.do](each.kind, each.name);
}

it('does what the model does, for any run of use cases', async () => {
  const app = await startApp();
  const { services } = app.gateway;
  let apps = 0;

  async function begin(): Promise<{
    readonly take: (each: Step) => Promise<boolean>;
    readonly seen: () => Promise<unknown>;
  }> {
    apps += 1;
    const slug = `app-${apps}`;
    const session = await services.access.system('default', 'system:model');
    await services.apps.create({ name: slug, environments: [], idempotencyKey: null }, session);
    const CREATE = {
      environments: (called: string) =>
        services.environments.create(
          { app: slug, name: called, order: null, protected: false, idempotencyKey: null },
          session,
        ),
      secrets: (called: string) =>
        services.appSecrets.create(
          {
            app: slug,
            name: called,
            providerId: null,
            purposeType: 'Other',
            environmentScopedValues: null,
            idempotencyKey: null,
          },
          session,
        ),
    };
    async function act(each: Step): Promise<unknown> {
      if (each.do === 'set') {
        const ref = { app: slug, slug: each.secret, environment: each.environment };
        const kvAppSecretValue = { typeHint: 'urn:app-secret:kv-secret-value:textType' as const, text: each.text };
        return services.appSecrets.setValue(ref, { hidden: each.hidden, kvAppSecretValue }, session);
      }
      if (each.do === 'unset') {
        return services.appSecrets.unsetValue({ app: slug, slug: each.secret, environment: each.environment }, session);
      }
      if (each.do === 'copy') {
        const ask = { app: slug, from: each.from, to: each.to, names: null };
        const { planHash } = await services.appSecrets.previewCopy(ask, session);
        return services.appSecrets.copy({ ...ask, planHash }, session);
      }
      const ref = { app: slug, slug: each.name };
      if (each.do === 'create') return CREATE[each.kind](each.name);
      const service = each.kind === 'environments' ? services.environments : services.appSecrets;
      if (each.do === 'restore') return service.restore(ref, session);
      return each.kind === 'environments'
        ? services.environments.remove(ref, true, session)
        : services.appSecrets.remove(ref, session);
    }
    async function take(each: Step): Promise<boolean> {
      try {
        await act(each);
        return true;
      } catch (error) {
        if (isAppError(error) && ['CONFLICT', 'NOT_FOUND', 'INVALID_INPUT'].includes(error.code)) return false;
        throw error;
      }
    }
    async function seen(): Promise<unknown> {
      const environments = (await services.environments.list(slug, session)).map(({ key }) => key[2] ?? '').sort();
      return Promise.all(
        environments.map(async (called) => {
          const ask = { app: slug, environment: called, mode: 'Full' as const, names: null };
          const { secrets } = await services.appSecrets.render(ask, session);
          const rows = [...secrets].sort((a, b) => (a.key < b.key ? -1 : 1));
          return [
            called,
            await Promise.all(
              rows.map(async ({ key, secret: stored, serializedValue }) => {
                const slots = await services.appSecrets.slots(stored, { app: slug, slug: key }, session);
                const slot = slots.find((each) => each.environment.key[2] === called);
                return [key, serializedValue, slot?.value?.fields.hidden ?? false];
              }),
            ),
          ];
        }),
      );
    }
    return { take, seen };
  }

  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const model = new Model();
      const real = await begin();
      for (const each of steps) {
        expect([each, await real.take(each)]).toEqual([each, inModel(model, each)]);
      }
      expect(await real.seen()).toEqual(model.seen());
    }),
    { numRuns: 60 },
  );
  await app.close();
}, 60_000);
