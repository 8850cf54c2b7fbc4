import { conflict } from '../kernel/errors.ts';

/** Refuses an update of another revision than the one that the caller saw. */
export function requireRevision(before: { readonly revision: number }, expected: number | null | undefined): void {
  if (expected === null || expected === undefined || expected === before.revision) return;
  throw conflict('REVISION_MOVED', `Expected revision ${expected}, but the current revision is ${before.revision}`, {
    currentRevision: before.revision,
  });
}
