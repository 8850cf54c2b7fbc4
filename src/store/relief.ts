import type { Kind, NewCommit, Write } from './port.ts';

/** What rights and keys are made of: changed to end them. */
const ACCESS: ReadonlySet<Kind> = new Set<Kind>([
  'instance',
  'team',
  'project',
  'kek',
  'dek',
  'role',
  'token',
  'tokenIndex',
]);

const isRelief = (write: Write): boolean =>
  write.op !== 'put' || write.deleted || (write.expected !== null && ACCESS.has(write.kind));

/** Whether a commit only deletes, purges, or changes rights and keys that are there: it passes where nothing may grow any more. */
export const relieves = ({ writes }: NewCommit): boolean => writes.every(isRelief);
