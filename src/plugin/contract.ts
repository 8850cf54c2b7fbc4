import type { ZodType } from 'zod';
import type { Log } from '../kernel/log.ts';
import type { GuardedFetch } from '../net/guarded-fetch.ts';

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
  /**
   * Values of declared keys and of no other; a key left out has none, and null is a value that cannot be given as a text. An
   * addon's depend on its parameters alone.
   */
  values(instance: { readonly id: string; readonly params: Params }): Promise<ReadonlyMap<string, string | null>>;
  /** Rejects when the instance cannot be used: with `checkFailed(code)` to say why, anything else counts as FAILED. */
  check?(instance: { readonly params: Params }): Promise<void>;
  /**
   * Makes new credentials beside the present ones, which go on working, and answers the parameters that carry the new ones.
   * Asked again after a failure: what a first try left behind must not matter.
   */
  rotate?(instance: { readonly id: string; readonly params: Params }): Promise<Params>;
  /** Removes the credentials in `old`, which `rotate` replaced and nobody uses any more; those already gone are no error. */
  retire?(instance: { readonly id: string; readonly params: Params; readonly old: Params }): Promise<void>;
  close?(): Promise<void>;
}

/** What the host lends. */
export interface PluginHost {
  readonly log: Log;
  /** Guarded: https or hosts that the operator allows, no private addresses, no redirects, 1 MiB, 5 seconds. */
  readonly fetch: GuardedFetch;
  /** The address that a driver may connect to, and to no other: private ones only where the operator allows the host or its network. */
  readonly addressOf: (host: string, port: number) => Promise<string>;
  readonly clock: () => Date;
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal;
}

/** Why a check, a rotation or a look at values did not go well, as people are told it. */
export const CHECK_PROBLEMS = [
  'UNREACHABLE',
  'TIMEOUT',
  'TLS',
  'CREDENTIALS',
  'REFUSED',
  'UNSUPPORTED',
  'NOT_FOUND',
  'SEALED',
  'BROKEN',
  'FAILED',
] as const;
export type CheckProblem = (typeof CHECK_PROBLEMS)[number];

/** What `values`, `check`, `rotate` and `retire` reject with. Only its code is passed on. */
export const checkFailed = (code: CheckProblem): Error & { readonly code: CheckProblem } =>
  Object.assign(new Error(`The instance cannot be used: ${code}`), { code });

/** Gives a plugin its types; the plugin is the default export of its `index.ts`. */
export const definePlugin = <Options, Params>(plugin: AddonProvider<Options, Params>): AddonProvider<Options, Params> =>
  plugin;

/** `user:password@` and the like: everything but letters, digits and `-_.~` percent-encoded. */
export const percentEncoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
