import { z } from 'zod';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import { type AddonProvider, checkFailed, type Running } from '../../src/plugin/contract.ts';
import { loadPlugins } from '../../src/plugin/load.ts';
import { abilitiesOf, callsOf, keysOf } from '../../src/plugin/local.ts';
import type { Plugins } from '../../src/plugin/plugin.ts';
import { factsOf } from '../../src/plugin/provider.ts';
import { LONG_MS } from './patient.ts';

let shipped: Promise<Plugins> | null = null;

/** Those that are shipped, loaded once: none of them holds anything open. */
export function shippedPlugins(): Promise<Plugins> {
  const host = { log: silentLog, clock: () => new Date(), reach: createReach([]), deadlineMs: LONG_MS };
  shipped ??= loadPlugins({ names: null, options: new Map(), ...host });
  return shipped;
}

export type Behaviour = (params: { readonly secret: string; readonly visible?: string | undefined }) => unknown;

const key = (name: string, sensitive: boolean) => ({ name, title: name, description: `The key ${name}.`, sensitive });

/** What a scripted plugin says of itself. */
function descriptionOf(id: string, kind: AddonProvider['kind']) {
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
  const facts = factsOf(provider);
  return { provider, facts, keys: keysOf(facts) };
}

/** Made once: nearly every test gateway has the same two. */
const descriptions = new Map<string, ReturnType<typeof descriptionOf>>();

/** A plugin that does what the test says, right or wrong. */
export function scripted(
  id: string,
  kind: AddonProvider['kind'],
  behave: Behaviour,
  more: Omit<Running<unknown>, 'values'> = {},
): Plugins {
  const name = `${kind} ${id}`;
  const description = descriptions.get(name) ?? descriptionOf(id, kind);
  descriptions.set(name, description);
  const { provider, facts, keys } = description;
  const running: Running<unknown> = { values: behaveAs(behave), ...more };
  const plugin = { facts, keys, abilities: abilitiesOf(running), ...callsOf(provider, running) };
  return { byId: new Map([[id, plugin]]), close: async () => {} };
}

/** Not `async`: a plugin may throw before there is a promise. */
const behaveAs = (behave: Behaviour) => (instance: { readonly params: unknown }) =>
  behave(instance.params as Parameters<Behaviour>[0]) as Promise<ReadonlyMap<string, string>>;

export const together = (...all: readonly Plugins[]): Plugins => ({
  byId: new Map(all.flatMap(({ byId }) => [...byId])),
  close: async () => {},
});

/** A plugin whose service is a set of passwords: what it accepts, and what it was asked. */
export interface Credentials {
  readonly plugins: Plugins;
  readonly accepted: Set<string>;
  readonly asked: string[];
  /** What each method does instead of its work, by name. */
  readonly instead: Map<'check' | 'rotate' | 'retire', () => unknown>;
}

export function aServiceWithPasswords(id = 'rotating', kind: AddonProvider['kind'] = 'addon'): Credentials {
  const accepted = new Set(['first']);
  const asked: string[] = [];
  const instead: Credentials['instead'] = new Map();
  let made = 0;
  type Given = { readonly params: unknown };
  const secretOf = (params: unknown): string => (params as { readonly secret: string }).secret;
  const doing = async <T>(name: 'check' | 'rotate' | 'retire', work: () => T): Promise<T> => {
    asked.push(name);
    const other = instead.get(name);
    return (other ? await other() : work()) as T;
  };
  const plugins = scripted(id, kind, async ({ secret }) => new Map([['PASSWORD', secret]]), {
    check: ({ params }: Given) =>
      doing('check', () => {
        if (!accepted.has(secretOf(params))) throw checkFailed('CREDENTIALS');
      }),
    rotate: ({ params }) =>
      doing('rotate', () => {
        made += 1;
        const secret = `made ${made}`;
        accepted.add(secret);
        return { ...(params as object), secret };
      }),
    retire: ({ old }) => doing('retire', () => void accepted.delete(secretOf(old))),
  });
  return { plugins, accepted, asked, instead };
}

/** Those that are shipped, and two that make new credentials without any server. */
export const usualPlugins = async (): Promise<Plugins> =>
  together(
    await shippedPlugins(),
    aServiceWithPasswords().plugins,
    aServiceWithPasswords('rotating-elsewhere', 'external-addon').plugins,
  );
