import type { ChildLink } from './child-link.ts';
import { PluginFailure } from './plugin.ts';

export interface PoolBounds {
  /** Processes at the same time, of all plugins together. */
  readonly maxProcesses: number;
  /** A process that nobody needed for this long is ended. */
  readonly idleMs: number;
  /** How long a call waits for one of them. */
  readonly waitMs: number;
}

/**
 * Processes of plugins, each held by one call at a time: a call that ends its process, or keeps it busy, harms no other. One that
 * answered in time is kept for a while, for the next call of the same plugin.
 */
export interface Pool {
  /** Rejects with what `work` rejects with, with what `open` rejects with, or with `PluginFailure` when no place becomes free. */
  use<T>(plugin: string, open: () => Promise<ChildLink>, work: (link: ChildLink) => Promise<T>): Promise<T>;
  /** Processes that are there now, at work or not. */
  readonly size: () => number;
  close(): Promise<void>;
}

interface Idle {
  readonly plugin: string;
  readonly link: ChildLink;
  readonly timer: NodeJS.Timeout;
}

const isOrderly = (error: unknown): boolean => error instanceof PluginFailure && error.reason !== 'TIMEOUT';

/** Places for processes, one for each call; who waited longest is next. */
function createSeats({ maxProcesses, waitMs }: Pick<PoolBounds, 'maxProcesses' | 'waitMs'>) {
  const waiting = new Set<() => void>();
  let seats = maxProcesses;
  let isClosed = false;

  async function seat(): Promise<void> {
    if (isClosed) throw new PluginFailure('FAILED');
    if (seats > 0) {
      seats -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const take = (): void => {
        clearTimeout(timer);
        if (isClosed) reject(new PluginFailure('FAILED'));
        else resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(take);
        reject(new PluginFailure('TIMEOUT'));
      }, waitMs);
      waiting.add(take);
    });
  }

  /** Who waited longest is next. */
  function leave(): void {
    const [next] = waiting;
    if (!next) {
      seats += 1;
      return;
    }
    waiting.delete(next);
    next();
  }

  function close(): void {
    isClosed = true;
    for (const take of waiting) take();
    waiting.clear();
  }

  return { seat, leave, close };
}

/** The processes that are there, and those of them that nobody needs just now. */
function createProcesses({ maxProcesses, idleMs }: Pick<PoolBounds, 'maxProcesses' | 'idleMs'>) {
  let idle: Idle[] = [];
  const links = new Set<ChildLink>();
  let opening = 0;
  let isClosed = false;

  function forget(link: ChildLink): void {
    links.delete(link);
    for (const { timer } of idle.filter((each) => each.link === link)) clearTimeout(timer);
    idle = idle.filter((each) => each.link !== link);
  }

  async function end(link: ChildLink): Promise<void> {
    forget(link);
    link.kill();
    await link.ended;
  }

  /** The one used last, so that those not needed grow old. */
  function kept(plugin: string): ChildLink | undefined {
    const found = idle.findLast((each) => each.plugin === plugin);
    if (!found) return undefined;
    clearTimeout(found.timer);
    idle = idle.filter((each) => each !== found);
    return found.link;
  }

  async function opened(open: () => Promise<ChildLink>): Promise<ChildLink> {
    opening += 1;
    try {
      const [oldest] = idle;
      if (links.size + opening > maxProcesses && oldest) await end(oldest.link);
      const link = await open();
      links.add(link);
      void link.ended.then(() => forget(link));
      if (isClosed) await end(link);
      return link;
    } finally {
      opening -= 1;
    }
  }

  function keep(plugin: string, link: ChildLink): void {
    if (isClosed || !links.has(link)) {
      link.kill();
      return;
    }
    const timer = setTimeout(() => void end(link), idleMs).unref();
    idle.push({ plugin, link, timer });
  }

  async function close(): Promise<void> {
    isClosed = true;
    await Promise.all([...links].map(end));
  }

  return { kept, opened, keep, end, close, size: () => links.size };
}

export function createPool(bounds: PoolBounds): Pool {
  const { seat, leave, close } = createSeats(bounds);
  const processes = createProcesses(bounds);
  const { kept, opened, keep, end } = processes;
  return {
    async use(plugin, open, work) {
      await seat();
      try {
        const link = kept(plugin) ?? (await opened(open));
        try {
          const answer = await work(link);
          keep(plugin, link);
          return answer;
        } catch (error) {
          // Whoever answered in time, whatever it was, has nothing left to do.
          if (isOrderly(error)) keep(plugin, link);
          else await end(link);
          throw error;
        }
      } finally {
        leave();
      }
    },
    size: processes.size,
    async close() {
      close();
      await processes.close();
    },
  };
}
