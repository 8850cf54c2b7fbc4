import { z } from 'zod';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import type { AddonProvider, Running } from '../../src/plugin/contract.ts';
import { loadPlugins } from '../../src/plugin/load.ts';
import { abilitiesOf, callsOf, keysOf } from '../../src/plugin/local.ts';
import type { Plugins } from '../../src/plugin/plugin.ts';
import { factsOf } from '../../src/plugin/provider.ts';

let shipped: Promise<Plugins> | null = null;

/** Those that are shipped, loaded once: none of them holds anything open. */
export function shippedPlugins(): Promise<Plugins> {
  const host = { log: silentLog, clock: () => new Date(), reach: createReach([]), deadlineMs: 1_000 };
  shipped ??= loadPlugins({ names: null, options: new Map(), ...host });
  return shipped;
}

export type Behaviour = (params: { readonly secret: string; readonly visible?: string | undefined }) => unknown;

const key = (name: string, sensitive: boolean) => ({ name, title: name, description: `The key ${name}.`, sensitive });

/** A plugin that does what the test says, right or wrong. */
export function scripted(
  id: string,
  kind: AddonProvider['kind'],
  behave: Behaviour,
  more: Omit<Running<unknown>, 'values'> = {},
): Plugins {
  const provider: AddonProvider = {
    api: 1,
    id,
    kind,
    title: 'Scripted',
    options: z.strictObject({}),
    params: z.strictObject({
      secret: z.string().max(20).meta({ sensitive: true }),
      visible: z.string().max(20).optional(),
      list: z.array(z.strictObject({ pin: z.string().meta({ sensitive: true }).optional() })).optional(),
    }),
    keys: [key('PASSWORD', true), key('HOST', false)],
    start: () => ({ values: async () => new Map() }),
  };
  const running: Running<unknown> = { values: behaveAs(behave), ...more };
  const facts = factsOf(provider);
  const plugin = { facts, keys: keysOf(facts), abilities: abilitiesOf(running), ...callsOf(provider, running) };
  return { byId: new Map([[id, plugin]]), close: async () => {} };
}

/** Not `async`: a plugin may throw before there is a promise. */
const behaveAs = (behave: Behaviour) => (instance: { readonly params: unknown }) =>
  behave(instance.params as Parameters<Behaviour>[0]) as Promise<ReadonlyMap<string, string>>;

export const together = (...all: readonly Plugins[]): Plugins => ({
  byId: new Map(all.flatMap(({ byId }) => [...byId])),
  close: async () => {},
});
