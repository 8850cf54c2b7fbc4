import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Notes } from '../../src/audit/notes.ts';
import { reveal } from '../../src/audit/reveal.ts';
import { isAppError } from '../../src/kernel/errors.ts';
import { startApp } from '../support/start-app.ts';

/**
 * Any run of use cases, against a model that keeps each app as plain maps: an environment or a secret that is deleted takes
 * its values with it, brings them back when it is restored, and leaves nothing to one that is made anew, which takes that it
 * is meant.
 */
type Kind = 'environments' | 'secrets';
interface Value {
  readonly text: string;
  readonly hidden: boolean;
}
/** Under one name: the one that lives, or the last that was deleted. */
interface Named {
  readonly live: object | null;
  readonly deleted: object | null;
}

function createModel() {
  const named: { readonly [Of in Kind]: Map<string, Named> } = { environments: new Map(), secrets: new Map() };
  /** By the very environment and secret, not by their names. */
  const values = new Map<object, Map<object, Value>>();
  const liveOf = (kind: Kind, name: string): object | null => named[kind].get(name)?.live ?? null;

  function rowOf(environment: string): Map<object, Value> | null {
    const live = liveOf('environments', environment);
    if (!live) return null;
    const row = values.get(live) ?? new Map<object, Value>();
    values.set(live, row);
    return row;
  }
  /** Whether one that is deleted has values that could come back, by its restoration or by that of what they are in besides. */
  function holds(kind: Kind, deleted: object): boolean {
    const others = kind === 'environments' ? 'secrets' : 'environments';
    return [...named[others].values()].some((other) => {
      const present = other.live ?? other.deleted;
      const [environment, secret] = kind === 'environments' ? [deleted, present] : [present, deleted];
      return environment !== null && secret !== null && values.get(environment)?.has(secret) === true;
    });
  }
  function change({ do: does, kind, name, discard }: Change): boolean {
    const { live, deleted } = named[kind].get(name) ?? { live: null, deleted: null };
    if (does === 'remove') {
      if (live) named[kind].set(name, { live: null, deleted: live });
      return live !== null;
    }
    if (live || (does === 'restore' && !deleted)) return false;
    if (does === 'create' && deleted && holds(kind, deleted) && !discard) return false;
    named[kind].set(name, { live: does === 'create' ? {} : deleted, deleted: null });
    return true;
  }
  function set(environment: string, secret: string, value: Value): boolean {
    const live = liveOf('secrets', secret);
    const row = rowOf(environment);
    if (live) row?.set(live, value);
    return live !== null && row !== null;
  }
  function unset(environment: string, secret: string): boolean {
    const live = liveOf('secrets', secret);
    return live !== null && (rowOf(environment)?.delete(live) ?? false);
  }
  function copy(from: string, to: string): boolean {
    const [source, target] = [rowOf(from), rowOf(to)];
    if (!source || !target || from === to) return false;
    for (const { live } of named.secrets.values()) {
      const value = live && source.get(live);
      if (live && value) target.set(live, value);
    }
    return true;
  }
  function seen(): unknown {
    const names = (kind: Kind) => [...named[kind].keys()].filter((name) => liveOf(kind, name)).sort();
    return names('environments').map((environment) => [
      environment,
      names('secrets').map((secret) => {
        const value = rowOf(environment)?.get(liveOf('secrets', secret) ?? {});
        return [secret, value?.text ?? null, value?.hidden ?? false];
      }),
    ]);
  }
  return { change, set, unset, copy, seen };
}

const environment = fc.constantFrom('dev', 'staging', 'live');
const secret = fc.constantFrom('one', 'two', 'three');
const of = fc.constantFrom('environments' as const, 'secrets' as const);
const name = (kind: Kind) => (kind === 'environments' ? environment : secret);
const change = of.chain((kind) =>
  fc.record({
    do: fc.constantFrom('create' as const, 'remove' as const, 'restore' as const),
    kind: fc.constant(kind),
    name: name(kind),
    discard: fc.boolean(),
  }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
const step = fc.oneof(
  { weight: 3, arbitrary: change },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      environment,
      secret,
      text: fc.constantFrom('x', 'y'),
      hidden: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unset' as const), environment, secret }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('copy' as const), from: environment, to: environment }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function inModel(model: ReturnType<typeof createModel>, each: Step): boolean {
  if (each.do === 'set') return model.set(each.environment, each.secret, { text: each.text, hidden: each.hidden });
  if (each.do === 'unset') return model.unset(each.environment, each.secret);
  if (each.do === 'copy') return model.copy(each.from, each.to);
  return model.change(each);
}

/** Everything that the steps speak of, so that most of them find something to do. */
const ALL: readonly Step[] = [
  ...['dev', 'staging', 'live'].map((name) => ({ do: 'create', kind: 'environments', name, discard: false }) as const),
  ...['one', 'two', 'three'].map((name) => ({ do: 'create', kind: 'secrets', name, discard: false }) as const),
] as readonly Step[];

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
      environments: (called: string, discardValues: boolean) =>
        services.environments.create(
          { app: slug, name: called, order: null, protected: false, discardValues, idempotencyKey: null },
          session,
        ),
      secrets: (called: string, discardValues: boolean) =>
        services.appSecrets.create(
          {
            app: slug,
            name: called,
            providerId: null,
            purposeType: 'Other',
            environmentScopedValues: null,
            discardValues,
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
      if (each.do === 'create') return CREATE[each.kind](each.name, each.discard);
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
              rows.map(async ({ key, secret: stored, value }) => {
                const slots = await services.appSecrets.slots(stored, { app: slug, slug: key }, session);
                const slot = slots.find((each) => each.environment.key[2] === called);
                return [key, reveal({ notes: new Notes() }, value), slot?.value?.fields.hidden ?? false];
              }),
            ),
          ];
        }),
      );
    }
    return { take, seen };
  }

  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60, size: 'max' }), async (steps) => {
      const model = createModel();
      const real = await begin();
      for (const each of [...ALL, ...steps]) {
        expect([each, await real.take(each)]).toEqual([each, inModel(model, each)]);
      }
      expect(await real.seen()).toEqual(model.seen());
    }),
    { numRuns: 30 },
  );
  await app.close();
}, 120_000);
