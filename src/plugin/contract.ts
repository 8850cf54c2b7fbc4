import type { ZodType } from 'zod';
import type { Log } from '../kernel/log.ts';

/** What a plugin's author sees: everything there is to `#plugin`. */

export type AddonKind = 'addon' | 'external-addon';

/** A key that groups may link. */
export interface LinkableKey {
  /** As its users know it: letters, digits and `_`, beginning with a letter. */
  readonly name: string;
  readonly title: string;
  /** Whether its value is for those who may read secrets. */
  readonly sensitive: boolean;
  readonly description: string;
}

/** An addon as people set it up. Data first: what can be refused without I/O is refused by parsing. */
export interface AddonProvider<Options = unknown, Params = unknown> {
  readonly api: 1;
  /** The folder's name, and the name in the configuration. */
  readonly id: string;
  readonly kind: AddonKind;
  readonly title: string;
  /** The operator's, parsed once at start. */
  readonly options: ZodType<Options>;
  /** An instance's, a JSON object, parsed on every write; `.meta({ sensitive: true })` on each leaf that is a secret. */
  readonly params: ZodType<Params>;
  readonly keys: readonly LinkableKey[];
  start(options: Options, host: PluginHost): Running<Params> | Promise<Running<Params>>;
}

/** Methods may run concurrently and honour `host.signal`. */
export interface Running<Params> {
  /** Values of declared keys and of no other; a key left out has none. An addon's depend on its parameters alone. */
  values(instance: { readonly id: string; readonly params: Params }): Promise<ReadonlyMap<string, string>>;
  /** Rejects when the instance cannot be reached. */
  check?(instance: { readonly params: Params }): Promise<void>;
  /** New parameters with new credentials. */
  rotate?(instance: { readonly id: string; readonly params: Params }): Promise<Params>;
  close?(): Promise<void>;
}

/** What the host lends. */
export interface PluginHost {
  readonly log: Log;
  /** Guarded: https or hosts that the operator allows, no private addresses, no redirects, 1 MiB, 5 seconds. */
  readonly fetch: (url: string | URL, init?: GuardedInit) => Promise<Response>;
  readonly clock: () => Date;
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal;
}

export interface GuardedInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Gives a plugin its types; the plugin is the default export of its `index.ts`. */
export const definePlugin = <Options, Params>(plugin: AddonProvider<Options, Params>): AddonProvider<Options, Params> =>
  plugin;

/** `user:password@` and the like: everything but letters, digits and `-_.~` percent-encoded. */
export const percentEncoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
