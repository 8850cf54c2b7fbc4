import type { Lines } from './lines.ts';
import { PluginFailure } from './plugin.ts';
import { type PluginProcess, type ProcessOptions, startProcess } from './process.ts';
import { type CallGiven, type Method, type Order, TELLING, type Telling } from './wire.ts';

export interface LinkOptions extends Pick<ProcessOptions, 'folder' | 'maxMessageBytes' | 'maxMemoryBytes'> {
  readonly lines: Lines;
}

type Prepared = Exclude<Telling, { readonly type: 'done' | 'failed' | 'log' }>;

/** One process of a plugin, from its start to its end. */
export interface ChildLink {
  /** Loads or starts; `refused` when it dies or says nothing in time. */
  prepare(order: Extract<Order, { readonly type: 'load' | 'start' }>): Promise<Prepared>;
  /** Rejects with a `PluginFailure`; past the deadline the process is ended, and every other call under way fails. */
  call(method: Method, given: CallGiven, deadlineMs: number): Promise<unknown>;
  kill(): void;
  /** Lets it close, and ends it when it does not. */
  close(): Promise<void>;
  readonly ended: Promise<void>;
}

/** Two cores may be shared by many: a start is given up late. */
const PREPARE_MS = 20_000;
const CLOSE_MS = 2_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: PluginFailure) => void;
}

export function openLink({ lines, ...options }: LinkOptions): ChildLink {
  const calls = new Map<number, Waiting>();
  let preparing: ((telling: Prepared) => void) | null = null;
  let last = 0;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const dead = (): void => {
    preparing?.({ type: 'refused', fault: 'process' });
    for (const { reject } of calls.values()) reject(new PluginFailure('FAILED'));
    calls.clear();
    end();
  };
  const hear = (message: unknown): void => {
    const heard = TELLING.safeParse(message);
    const telling = heard.data;
    if (!telling) child.kill();
    else if (telling.type === 'log') lines.add(telling.level, telling.text, telling.fields);
    else if (telling.type === 'done') calls.get(telling.id)?.resolve(telling.value);
    else if (telling.type === 'failed') calls.get(telling.id)?.reject(new PluginFailure(telling.reason));
    else preparing?.(telling);
  };
  const child: PluginProcess = startProcess({ ...options, onMessage: hear, onLine: lines.add, onEnd: dead });

  async function call(method: Method, given: CallGiven, deadlineMs: number): Promise<unknown> {
    last += 1;
    const id = last;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        calls.set(id, { resolve, reject });
        timer = setTimeout(() => {
          reject(new PluginFailure('TIMEOUT'));
          child.kill();
        }, deadlineMs);
        child.send({ type: 'call', id, method, given });
      });
    } finally {
      clearTimeout(timer);
      calls.delete(id);
    }
  }

  return {
    ended,
    kill: child.kill,
    call,
    async prepare(order) {
      const timer = setTimeout(child.kill, PREPARE_MS);
      try {
        return await new Promise<Prepared>((resolve) => {
          preparing = resolve;
          child.send(order);
        });
      } finally {
        clearTimeout(timer);
        preparing = null;
      }
    },
    async close() {
      child.send({ type: 'close' });
      const timer = setTimeout(child.kill, CLOSE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
