import { Socket } from 'node:net';
import { createReach } from '../net/reach.ts';
import { giveUp, guardSockets, type SocketGuard } from './child-guard.ts';
import type { AddonProvider } from './contract.ts';
import { createHost } from './host.ts';
import { abilitiesOf, callsOf } from './local.ts';
import { PluginFailure, problemOf } from './plugin.ts';
import { factsOf, faultOf, parsedBy, runningFaultOf } from './provider.ts';
import {
  type CallGiven,
  createReader,
  frameOf,
  type Method,
  NO_TEXT,
  type Order,
  type Telling,
  TOO_LONG,
} from './wire.ts';

/** The entry of a process that holds one plugin. It has no keys, no store, no environment; what it says is not believed. */

const MAX_ORDER_BYTES = 16 * 1_048_576;
const gateway = new Socket({ fd: 3 });
const stop = new AbortController();
const send = gateway.write.bind(gateway);
const tell = (telling: Telling): void => void send(frameOf(telling));

let provider: AddonProvider | null = null;
let calls: ReturnType<typeof callsOf> | null = null;
let max = { bytes: 0, valueBytes: 0 };
let close: (() => Promise<void>) | undefined;
let guard: SocketGuard | null = null;
let isExclusive = false;
const exit = process.exit.bind(process);

async function load({ entry, folder }: Extract<Order, { type: 'load' }>): Promise<void> {
  let found: unknown;
  try {
    found = ((await import(entry)) as { readonly default?: unknown }).default;
  } catch {
    return tell({ type: 'refused', fault: 'import' });
  }
  const fault = faultOf(found, folder);
  if (fault) return tell({ type: 'refused', fault });
  provider = found as AddonProvider;
  tell({ type: 'loaded', facts: factsOf(provider) as never });
}

async function start(order: Extract<Order, { type: 'start' }>): Promise<void> {
  if (!provider) return tell({ type: 'refused', fault: 'start' });
  const options = parsedBy(provider.options, order.options ?? {});
  if (!options.ok) return tell({ type: 'bad-options', problems: [...options.problems] as never });
  max = { bytes: order.maxBytes, valueBytes: order.maxValueBytes };
  const { deadlineMs } = order;
  guard = guardSockets(createReach(order.reach), order.isExclusive);
  isExclusive = order.isExclusive;
  const { reach } = guard;
  const lines = {
    add: (level: 'debug' | 'info' | 'warn' | 'error', text: string, fields: object = {}) =>
      tell({ type: 'log', level, text: text.slice(0, 2_000), fields: plainFields(fields) }),
  };
  const host = createHost({ lines, clock: () => new Date(), reach, signal: stop.signal, deadlineMs });
  try {
    const running = await provider.start(options.value, host);
    const fault = runningFaultOf(running);
    if (fault) return tell({ type: 'refused', fault });
    calls = callsOf(provider, running);
    close = running.close?.bind(running);
    tell({ type: 'started', abilities: abilitiesOf(running) });
  } catch {
    tell({ type: 'refused', fault: 'start' });
  }
}

const plainFields = (fields: object): Record<string, string | number | boolean | null> =>
  Object.fromEntries(
    Object.entries(fields)
      .slice(0, 10)
      .map(([name, value]) => [
        name.slice(0, 100),
        ['number', 'boolean'].includes(typeof value) || value === null ? value : String(value).slice(0, 500),
      ]),
  );

async function call({ id, method, given }: Extract<Order, { type: 'call' }>): Promise<void> {
  const answer = await answerOf(id, method, given);
  if (isExclusive) await settled();
  tell(answer);
}

async function answerOf(id: number, method: Method, given: CallGiven): Promise<Telling> {
  try {
    if (!calls || !provider) throw new PluginFailure('FAILED');
    const value =
      method === 'problemsWith' ? await calls.problemsWith(given.params) : await calls[method](given as never);
    return { type: 'done', id, value: method === 'values' ? valuesFrom(value, provider) : (value ?? null) };
  } catch (error) {
    return { type: 'failed', id, reason: problemOf(error) };
  }
}

/** What a driver left open must not reach into the next call: a throw at its end is still this call's own. */
async function settled(): Promise<void> {
  guard?.settle();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Declared keys alone; null: no map. What is too much is left here. */
function valuesFrom(found: unknown, { keys }: AddonProvider): unknown {
  if (!(found instanceof Map)) return null;
  let bytes = 0;
  const entries = keys.flatMap(({ name }) => {
    const value: unknown = Map.prototype.get.call(found, name);
    if (value === undefined) return [];
    if (typeof value !== 'string') return [[name, NO_TEXT]];
    if (value.length > max.valueBytes) return [[name, TOO_LONG]];
    bytes += value.length;
    return [[name, value]];
  });
  if (bytes > max.bytes) throw new PluginFailure('TOO_LARGE');
  return entries;
}

async function end(): Promise<void> {
  stop.abort();
  await close?.();
}

async function obey(order: Order): Promise<void> {
  if (order.type === 'load') return load(order);
  if (order.type === 'start') return start(order);
  if (order.type === 'call') return call(order);
  await end().catch(() => {});
  exit(0);
}

giveUp();
// A gateway that is gone, however it went, leaves nobody behind.
gateway.on('close', () => exit(0)).on('error', () => exit(0));
const read = createReader(MAX_ORDER_BYTES, (order) => {
  obey(order as Order).catch(() => exit(1));
});
gateway.on('data', (chunk: Buffer) => {
  if (!read(chunk)) exit(1);
});
// A promise that the plugin forgot, or a throw in a callback of its own: its words stay here.
process.on('unhandledRejection', () => {});
process.on('uncaughtException', () => exit(1));
