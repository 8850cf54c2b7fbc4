import { isAppError } from '../../kernel/errors.ts';
import { type GlobalBody, type GlobalFile, globalDocument } from '../global-secrets/model.ts';
import type { Outcome } from './git-read.ts';
import type { SyncStatus } from './sync-model.ts';

const DAY = 86_400_000;

export interface Circumstances {
  readonly at: string;
  /** Somebody asked for it: that is recorded even if nothing is new. */
  readonly asked: boolean;
  readonly acceptRewrite: boolean;
  /** Throws LIMIT_EXCEEDED. */
  readonly requireWithinLimits: (body: GlobalBody) => void;
}

export interface Decision {
  /** What the global secret becomes; null: it stays as it is. */
  readonly body: GlobalBody | null;
  readonly status: SyncStatus;
  /** Whether all this is worth a commit. */
  readonly isNews: boolean;
}

const text = (body: GlobalBody): string => JSON.stringify(globalDocument.encode(body));

/** What a look at the git file makes of a global secret. The last good state stays until there is a better one. */
export function decideSync(body: GlobalBody, status: SyncStatus, outcome: Outcome, about: Circumstances): Decision {
  const next = nextOf(body, status, outcome, about);
  const isNews =
    about.asked ||
    next.body !== null ||
    (['state', 'reason', 'line', 'column', 'member', 'movedTo', 'rewritten'] as const).some(
      (name) => next.status[name] !== status[name],
    ) ||
    // Otherwise pushes that leave the file alone would each be a commit here.
    (next.status.commit !== status.commit && Date.parse(about.at) - Date.parse(status.at) > DAY);
  return { ...next, isNews };
}

type Next = { readonly body: GlobalBody | null; readonly status: SyncStatus };

function nextOf(body: GlobalBody, status: SyncStatus, outcome: Outcome, about: Circumstances): Next {
  const { at } = about;
  const nowhere = { line: null, column: null, member: null, at } as const;
  switch (outcome.kind) {
    case 'unchanged':
      return { body: null, status: { ...status, at } };
    case 'unknown':
      return { body: null, status: { ...status, ...nowhere, state: 'PENDING', reason: null } };
    case 'unreachable':
      return { body: null, status: { ...status, ...nowhere, state: 'UNREACHABLE', reason: outcome.reason } };
    case 'bad': {
      const seen = outcome.commit ?? status.seen;
      return { body: null, status: { ...status, ...outcome.bad, state: 'INVALID', seen, at } };
    }
    case 'file':
      return taken(body, status, outcome, about);
  }
}

function taken(body: GlobalBody, status: SyncStatus, outcome: Outcome & { kind: 'file' }, about: Circumstances): Next {
  const { commit, rewritten, movedTo, file } = outcome;
  const seen = { seen: commit, movedTo, line: null, column: null, member: null, at: about.at } as const;
  if (rewritten && body.gitops?.holdRewrites && !about.acceptRewrite) {
    return { body: null, status: { ...status, ...seen, state: 'INVALID', reason: 'HISTORY_REWRITTEN' } };
  }
  const { description = body.description, values } = file;
  const after = { ...body, description, values, files: keptWhereEqual(body.files, file.files) };
  if (!fits(after, about)) {
    return { body: null, status: { ...status, ...seen, state: 'INVALID', reason: 'FILE_TOO_LARGE' } };
  }
  const moved = commit === status.commit ? {} : { commit, previousCommit: status.commit, rewritten };
  return {
    body: text(after) === text(body) ? null : after,
    status: { ...status, ...seen, ...moved, state: 'SYNCED', reason: null },
  };
}

/** Files that say the same stay what they are, with all that was found out about them. */
function keptWhereEqual(before: GlobalBody['files'], after: GlobalBody['files']): GlobalBody['files'] {
  const isSame = (a: GlobalFile, b: GlobalFile): boolean =>
    a.path === b.path && a.encoding === b.encoding && a.data === b.data;
  return new Map(
    [...after].map(([id, file]) => {
      const known = before.get(id);
      return [id, known && isSame(known, file) ? known : file];
    }),
  );
}

function fits(body: GlobalBody, { requireWithinLimits }: Circumstances): boolean {
  try {
    requireWithinLimits(body);
    return true;
  } catch (error) {
    if (isAppError(error) && error.code === 'LIMIT_EXCEEDED') return false;
    throw error;
  }
}
