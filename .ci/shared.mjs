/** Paths below `dist/src`. Each of these is one module for all who import it: in the bundle, in commands and in plugins. */
export const SHARED = [
  'kernel/errors.js',
  'plugin/contract.js',
  'plugin/attempt.js',
  'plugin/json-text.js',
  'plugin/server-parts.js',
];
