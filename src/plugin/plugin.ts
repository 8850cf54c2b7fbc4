import { type AddonKind, CHECK_PROBLEMS, type CheckProblem, type LinkableKey } from './contract.ts';

export type JsonSchema = { readonly [name: string]: unknown };

/** What a plugin says of itself, as data. */
export interface PluginFacts {
  readonly id: string;
  readonly kind: AddonKind;
  readonly title: string;
  readonly keys: readonly LinkableKey[];
  /** Of an instance's parameters; empty where the plugin's rules cannot be said so. */
  readonly params: JsonSchema;
}

/** One bad leaf of parameters: where, and which rule. Never the value. */
export interface ParamsProblem {
  readonly path: readonly string[];
  readonly code: string;
}

export interface Abilities {
  readonly check: boolean;
  readonly rotate: boolean;
}

export interface Instance {
  readonly id: string;
  /** As they are stored: the plugin's rules are asked before every use. */
  readonly params: unknown;
}

/** In place of a value that was too large to be passed on. */
export const TOO_LARGE = Symbol('too large');

/** A plugin that was checked and started, in this process or in one of its own. What it rejects with is a `PluginFailure`, or anything. */
export interface LoadedPlugin {
  readonly facts: PluginFacts;
  readonly keys: ReadonlyMap<string, LinkableKey>;
  readonly abilities: Abilities;
  /** How much longer than the deadline a call may take, because a process for it has to be found or started. Absent: not at all. */
  readonly startMs?: number;
  /** Empty: the parameters are good. */
  problemsWith(params: unknown): Promise<readonly ParamsProblem[]>;
  /** A map of whatever the plugin gave, unchecked; or anything else that it gave. */
  values(instance: Instance): Promise<unknown>;
  check(instance: Instance): Promise<void>;
  /** The parameters that carry the new credentials, unchecked. */
  rotate(instance: Instance): Promise<unknown>;
  retire(instance: Instance & { readonly old: unknown }): Promise<void>;
}

/** The plugins that run, by id. */
export interface Plugins {
  readonly byId: ReadonlyMap<string, LoadedPlugin>;
  /** In the reverse of the order in which they were started. */
  close(): Promise<void>;
}

export const noPlugins: Plugins = { byId: new Map(), close: async () => {} };

export type FailureReason = CheckProblem | 'PARAMS_INVALID' | 'TOO_LARGE';

/** A plugin did not do what was asked. Its own words are never passed on: they might quote a value. */
export class PluginFailure extends Error {
  readonly reason: FailureReason;
  constructor(reason: FailureReason) {
    super(`The plugin failed: ${reason}`);
    this.name = 'PluginFailure';
    this.reason = reason;
  }
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
]);

/** The code that people are told for whatever a plugin rejected with. */
export function problemOf(error: unknown): FailureReason {
  if (error instanceof PluginFailure) return error.reason;
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly code?: unknown;
    readonly name?: unknown;
  };
  const known = CHECK_PROBLEMS.find((problem) => problem === code);
  if (known) return known;
  if (typeof code === 'string' && UNREACHABLE.has(code)) return 'UNREACHABLE';
  if (code === 'ETIMEDOUT' || name === 'TimeoutError') return 'TIMEOUT';
  // What the guard of the network says of a host that the operator does not allow.
  return code === 'UNAVAILABLE' && name === 'AppError' ? 'REFUSED' : 'FAILED';
}
