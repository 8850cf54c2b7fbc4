import type { Clock } from '../kernel/clock.ts';
import type { Log, LogFields } from '../kernel/log.ts';
import { type FetchRules, guardedFetch } from '../net/guarded-fetch.ts';
import type { Reach } from '../net/reach.ts';
import type { PluginHost } from './contract.ts';

export interface HostDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly reach: Reach;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

const MOST_BYTES = 1_048_576;

/** What one plugin may touch, and nothing more of the gateway. */
export function createHost(id: string, { log, clock, reach, signal, deadlineMs }: HostDeps): PluginHost {
  const rules: FetchRules = { reach, signal, deadlineMs, mostBytes: MOST_BYTES };
  return Object.freeze({
    log: logOf(id, log),
    fetch: guardedFetch(rules),
    addressOf: (host: string, port: number) => reach.addressOf(host, port),
    clock: () => new Date(clock()),
    signal,
  });
}

/** Lines say whose they are, and are short: a plugin's own words are its own responsibility. */
function logOf(plugin: string, log: Log): Log {
  const line = (level: keyof Log) => (message: string, fields?: LogFields) =>
    log[level](`plugin ${plugin}: ${String(message).slice(0, 200)}`, { ...fields, plugin });
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
