import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import type { LeveledLog, LogFields, LogLevel } from '../kernel/log.ts';

/** JSON lines, one fact each; a line break inside a fact is escaped and cannot begin a line of its own. */
export function createLog(level: LogLevel, destination?: DestinationStream): LeveledLog {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  const logger = destination === undefined ? pino(options) : pino(options, destination);
  return {
    hasInfo: logger.isLevelEnabled('info'),
    debug: (message: string, fields: LogFields = {}) => logger.debug(fields, message),
    info: (message: string, fields: LogFields = {}) => logger.info(fields, message),
    warn: (message: string, fields: LogFields = {}) => logger.warn(fields, message),
    error: (message: string, fields: LogFields = {}) => logger.error(fields, message),
  };
}
