import type { AddonProvider, Running } from './contract.ts';
import { type Abilities, type LoadedPlugin, type PluginFacts, PluginFailure, problemOf } from './plugin.ts';
import { parsedBy } from './provider.ts';

export const abilitiesOf = ({ check, rotate }: Running<unknown>): Abilities => ({
  check: typeof check === 'function',
  rotate: typeof rotate === 'function',
});

export const keysOf = ({ keys }: PluginFacts): LoadedPlugin['keys'] => new Map(keys.map((key) => [key.name, key]));

/** The calls of a plugin that runs in this very process. `learn` is told what must never be logged. */
export function callsOf(
  provider: AddonProvider,
  running: Running<unknown>,
  learn: (value: unknown) => void = () => {},
): Omit<LoadedPlugin, 'facts' | 'keys' | 'abilities'> {
  const parse = (params: unknown): unknown => {
    learn(params);
    const parsed = parsedBy(provider.params, params);
    if (!parsed.ok) throw new PluginFailure('PARAMS_INVALID');
    return parsed.value;
  };
  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw new PluginFailure(problemOf(error));
    }
  };
  return {
    async problemsWith(params) {
      learn(params);
      const parsed = parsedBy(provider.params, params);
      return parsed.ok ? [] : parsed.problems;
    },
    values: ({ id, params }) => told(async () => running.values({ id, params: parse(params) })),
    check: ({ params }) =>
      told(async () => {
        if (typeof running.check !== 'function') throw new PluginFailure('UNSUPPORTED');
        await running.check({ params: parse(params) });
      }),
    rotate: ({ id, params }) =>
      told(async () => {
        if (typeof running.rotate !== 'function') throw new PluginFailure('UNSUPPORTED');
        return running.rotate({ id, params: parse(params) });
      }),
    retire: ({ id, params, old }) =>
      told(async () => {
        if (typeof running.retire !== 'function') throw new PluginFailure('UNSUPPORTED');
        await running.retire({ id, params: parse(params), old: parse(old) });
      }),
  };
}
