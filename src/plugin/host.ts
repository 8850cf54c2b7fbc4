import type { Clock } from '../kernel/clock.ts';
import type { Log, LogFields } from '../kernel/log.ts';
import { type FetchRules, guardedFetch } from '../net/guarded-fetch.ts';
import { type Reach, refused } from '../net/reach.ts';
import type { PluginHost } from './contract.ts';
import type { Lines } from './lines.ts';

export interface HostDeps {
  readonly lines: Pick<Lines, 'add'>;
  readonly clock: Clock;
  readonly reach: Reach;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

const MAX_BYTES = 1_048_576;

/** What one plugin may touch, and nothing more of the gateway. */
export function createHost({ lines, clock, reach, signal, deadlineMs }: HostDeps): PluginHost {
  const rules: FetchRules = { reach, signal, deadlineMs, maxBytes: MAX_BYTES };
  const line = (level: keyof Log) => (message: string, fields?: LogFields) =>
    lines.add(level, String(message), fields ?? {});
  return Object.freeze({
    log: Object.freeze({ debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }),
    fetch: guardedFetch(rules),
    addressOf: (host: string, port: number) => reach.addressOf(host, port),
    clock: () => new Date(clock()),
    signal,
  });
}

/** For what a shipped plugin does inside the gateway: it computes, and speaks to nobody. */
export function offline(host: PluginHost): PluginHost {
  const nowhere = () => Promise.reject(refused('nothing here may connect'));
  return Object.freeze({ ...host, fetch: nowhere, addressOf: nowhere });
}
