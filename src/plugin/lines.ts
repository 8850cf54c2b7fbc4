import type { Clock } from '../kernel/clock.ts';
import type { Log, LogFields } from '../kernel/log.ts';
import type { Redactor } from './redact.ts';

const MAX_LENGTH = 500;
const MAX_A_MINUTE = 120;
const MAX_WAITING = 100;
const MINUTE_MS = 60_000;

type Level = keyof Log;

export interface Lines {
  add(level: Level, text: string, fields?: LogFields): void;
  /** Lines wait while work is under way: what it gives must not be in them, and is known only at its end. */
  begin(): void;
  end(): void;
}

/** What a plugin says, on its way to the gateway's log: short, few, on one line, and without what it must not say. */
export function createLines(plugin: string, log: Log, clock: Clock, redactor: Redactor): Lines {
  let waiting: (() => void)[] = [];
  let underWay = 0;
  let minute = 0;
  let count = 0;

  const mayWrite = (): boolean => {
    const now = Math.floor(clock().getTime() / MINUTE_MS);
    if (now !== minute) [minute, count] = [now, 0];
    count += 1;
    if (count === MAX_A_MINUTE + 1) log.warn('A plugin logs too much; the rest of the minute is dropped', { plugin });
    return count <= MAX_A_MINUTE;
  };
  const clean = (text: string): string =>
    redactor
      .redact(text)
      .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
      .slice(0, MAX_LENGTH);
  const write = (level: Level, text: string, fields: LogFields): void => {
    if (!mayWrite()) return;
    const own = Object.entries(fields)
      .slice(0, 10)
      .map(([name, value]) => [clean(name), typeof value === 'string' ? clean(value) : value]);
    log[level](`plugin ${plugin}: ${clean(text)}`, { ...Object.fromEntries(own), plugin });
  };
  return {
    add(level, text, fields = {}) {
      if (underWay === 0) write(level, text, fields);
      else if (waiting.length < MAX_WAITING) waiting.push(() => write(level, text, fields));
    },
    begin() {
      underWay += 1;
    },
    end() {
      underWay -= 1;
      if (underWay > 0) return;
      const held = waiting;
      waiting = [];
      for (const line of held) line();
    },
  };
}
