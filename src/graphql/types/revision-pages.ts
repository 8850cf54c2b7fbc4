import type { Context } from './context.ts';
import { cursorsOf, type PageArgs, sizesOf } from './pages.ts';

/** The history of one document, newest first, as far as it is kept. */
export interface RevisionList<T> {
  /** Names the list for its cursors: what it is, and of which document. */
  readonly name: readonly string[];
  /** So many revisions below `below`, or from the present one on. Fewer: there are no more. */
  readonly read: (below: number | null, limit: number) => Promise<readonly T[]>;
  readonly numberOf: (revision: T) => number;
  /** Whether the viewer may know of it; absent: of all. */
  readonly isShown?: (revision: T) => boolean;
}

const DIGITS = 12;
/** Revisions read at once by whoever wants the last ones, or is shown only some. */
const STRIDE = 50;

/** A page of revisions, read from the store as it is asked for: the first five cost six reads, however many there are. */
export async function pageOfRevisions<T>(list: RevisionList<T>, args: PageArgs, context: Context) {
  const { first, last } = sizesOf(args);
  const { cursorOf, keyIn } = cursorsOf({ name: list.name.join(' ') }, context);
  const after = args.after ? Number(keyIn(args.after, 'after')) : null;
  const before = args.before ? Number(keyIn(args.before, 'before')) : null;
  const wanted = last === null ? first + 1 : Number.POSITIVE_INFINITY;
  const found = await readFrom(list, after, before, wanted);
  const page = last === null ? found.slice(0, first) : last === 0 ? [] : found.slice(-last);
  const edges = page.map((node) => ({ cursor: cursorOf(String(list.numberOf(node)).padStart(DIGITS, '0')), node }));
  const begin = page[0] === undefined ? 0 : found.indexOf(page[0]);
  return {
    edges,
    pageInfo: {
      hasPreviousPage: page.length > 0 ? begin > 0 || after !== null : after !== null,
      hasNextPage: begin + page.length < found.length || before !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges[edges.length - 1]?.cursor ?? null,
    },
  };
}

/** What is shown between two revisions, both exclusive, no more than is wanted. */
async function readFrom<T>(
  { read, numberOf, isShown = () => true }: RevisionList<T>,
  after: number | null,
  before: number | null,
  wanted: number,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let below = after; found.length < wanted; ) {
    const limit = Math.min(wanted - found.length, STRIDE);
    const revisions = await read(below, limit);
    const inside = before === null ? revisions : revisions.filter((each) => numberOf(each) > before);
    found.push(...inside.filter(isShown));
    const end = revisions[revisions.length - 1];
    if (end === undefined || revisions.length < limit || inside.length < revisions.length) break;
    below = numberOf(end);
  }
  return found;
}
