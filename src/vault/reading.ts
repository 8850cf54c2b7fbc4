import type { PageRequest } from '../kernel/page.ts';
import { createWork, OWN_WORK, type Work } from '../kernel/work.ts';
import type { Fields, Seq, TeamId } from '../store/port.ts';
import type { Change } from './change.ts';
import type { DocumentType } from './document.ts';
import type { DocumentSet } from './document-set.ts';

/** A team as of one commit. */
export interface View {
  readonly team: TeamId;
  readonly seq: Seq;
  /** Whose work reads of the past are; sets are read for everybody. */
  readonly work: Work;
  /** The same state, read as somebody else's work. */
  by(work: Work): View;
  /** All documents of a kind: of the team, or of one project. */
  set<F extends Fields, B>(type: DocumentType<F, B>, project?: string): Promise<DocumentSet<F, B>>;
  /** The same where it is there already, without reading anything; null: it has to be read. */
  ready<F extends Fields, B>(type: DocumentType<F, B>, project?: string): DocumentSet<F, B> | null;
  /** The team as it will be once this is committed as well. History and the bytes of files are as they were. */
  with(plan: { readonly changes: readonly Change[] }): View;
}

/** Who reads history, and whether the values in it are theirs to see: others are charged what says nothing of them. */
export interface Reading<F extends Fields> {
  readonly work: Work;
  readonly mayRead: (fields: F) => boolean;
}

/** Reading that counts the same whatever is read, for what is made of values that not everybody may see. */
export const evenReading = (work: Work): Reading<Fields> => ({ work, mayRead: () => false });

/** The gateway's own reading. */
export const ownReading = (): Reading<Fields> => ({ work: createWork(OWN_WORK), mayRead: () => true });

/** A page of revisions below one, or from the present one on. */
export const pageBelow = (below: number | null, limit: number): PageRequest =>
  below === null ? { limit } : { after: [String(below)], limit };
