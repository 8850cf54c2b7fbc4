import type { CommitHistory, Due, LogEntry, Touch } from './stream-history.ts';

/** Who looks: by what the log says, without a look at how rights are decided. */
export type Viewer =
  | { readonly role: 'owner' | 'wide' | 'limited' | 'narrowing' }
  /** As `wide`, until the token with this id is revoked. */
  | { readonly role: 'revoked'; readonly token: string };

export interface Follows {
  readonly stream: 'changes' | 'globals';
  /** null: all. */
  readonly project: string | null;
  readonly kinds: readonly string[] | null;
  readonly name: string | null;
}

const isOfWide = ({ kind }: Touch): boolean => ['PROJECT', 'SECRET_GROUP', 'SERVICE', 'JOB', 'TAG'].includes(kind);

function isOfLimited({ kind, project, name }: Touch): Due {
  if (project !== 'p-one' || !['PROJECT', 'SECRET_GROUP', 'SERVICE', 'JOB'].includes(kind)) return 'never';
  if (kind !== 'SECRET_GROUP' || name.startsWith('config')) return 'must';
  // What counts is the type at the moment of delivery.
  return name.startsWith('changing') ? 'may' : 'never';
}

const isMeant = ({ stream, project, kinds, name }: Follows, touch: Touch): boolean =>
  stream === 'globals'
    ? touch.kind === 'GLOBAL_SECRET' && (name === null || touch.name === name)
    : (project === null || touch.project === project) && (kinds === null || kinds.includes(touch.kind));

/** Number of the first commit that did this; past every number if none did. */
const firstOf = (log: readonly LogEntry[], operation: string, kind: string, name: string): number =>
  log.find((each) => each.operation === operation && each.touched.some((it) => it.kind === kind && it.name === name))
    ?.seq ?? Number.POSITIVE_INFINITY;

const NARROWED = 'narrowing';

/** What a viewer has to be told of a log that is complete. */
export function dueOf(viewer: Viewer, follows: Follows, log: readonly LogEntry[]): CommitHistory['due'] {
  const narrowedAt = firstOf(log, 'role.update', 'ROLE', NARROWED);
  const revokedAt = viewer.role === 'revoked' ? firstOf(log, 'token.revoke', 'TOKEN', viewer.token) : 0;
  const deletions = new Map(
    log
      .filter(({ operation }) => operation === 'project.delete')
      .flatMap(({ seq, touched }) => touched.flatMap(({ kind, name }) => (kind === 'PROJECT' ? [[name, seq]] : []))),
  ) as ReadonlyMap<string, number>;

  function byRights(touch: Touch, seq: number): Due {
    switch (viewer.role) {
      case 'owner':
        return 'must';
      case 'wide':
        return isOfWide(touch) ? 'must' : 'never';
      case 'limited':
        return isOfLimited(touch);
      case 'revoked':
        return isOfWide(touch) && seq < revokedAt ? 'must' : 'never';
      case 'narrowing':
        if (seq >= narrowedAt) return isOfLimited(touch);
        if (!isOfWide(touch)) return 'never';
        return isOfLimited(touch) === 'must' ? 'must' : 'may';
    }
  }

  return (touch, seq) => {
    if (!isMeant(follows, touch)) return 'never';
    const verdict = byRights(touch, seq);
    const deletedAt = touch.project === null || touch.kind === 'PROJECT' ? undefined : deletions.get(touch.project);
    if (verdict === 'never' || deletedAt === undefined) return verdict;
    return seq < deletedAt ? 'may' : 'never';
  };
}
