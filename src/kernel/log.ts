/** Facts of one log line. Never a value of a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Where the gateway writes what it does. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** One that knows its level. */
export interface LeveledLog extends Log {
  /** Whether `info` writes anything, for those who would put its fields together for nothing; absent: it may. */
  readonly hasInfo?: boolean;
}

const nothing = (): void => {};
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
