import type { Work } from '../kernel/work.ts';
import type { Fields, Head, Seq, TeamId } from '../store/port.ts';
import type { DocumentType } from './document.ts';
import type { DocumentSet } from './document-set.ts';
import { overlaid } from './overlay.ts';
import type { View } from './reading.ts';
import type { createSets } from './sets.ts';

type Sets = ReturnType<typeof createSets>;
type AnySet = DocumentSet<Fields, unknown>;

/** By kind, and by project of those that are in one. */
const nameOf = ({ kind }: Pick<DocumentType<Fields, unknown>, 'kind'>, project: string | undefined): string =>
  `${kind}\0${project ?? ''}`;

/** What the views of one team at one commit share, whoever's work they are. */
class State {
  readonly team: TeamId;
  readonly seq: Seq;
  readonly #head: Head | null;
  readonly #sets: Sets;
  // Made when first needed: a request that gets a kept answer reads no set.
  #memo: Map<string, Promise<AnySet>> | null = null;
  #projects: Map<string, Promise<Head | null>> | null = null;
  /** Those that are there. */
  #read: Map<string, AnySet> | null = null;

  constructor(team: TeamId, head: Head | null, sets: Sets) {
    this.team = team;
    this.seq = head?.seq ?? 0;
    this.#head = head;
    this.#sets = sets;
  }

  set<F extends Fields, B>(type: DocumentType<F, B>, project?: string): Promise<DocumentSet<F, B>> {
    const name = nameOf(type, project);
    this.#memo ??= new Map();
    const known = this.#memo.get(name);
    if (known) return known as Promise<DocumentSet<F, B>>;
    const loading = this.#load(type, project);
    this.#memo.set(name, loading as Promise<AnySet>);
    return loading;
  }

  /** What was read here stays here, whatever the sets that are kept for all moved on to. */
  ready<F extends Fields, B>(type: DocumentType<F, B>, project?: string): DocumentSet<F, B> | null {
    const scope = project === undefined ? [this.team] : [this.team, project];
    const read = this.#read?.get(nameOf(type, project)) as DocumentSet<F, B> | undefined;
    return read ?? this.#sets.ready(type, scope, this.seq);
  }

  async #load<F extends Fields, B>(type: DocumentType<F, B>, project: string | undefined): Promise<DocumentSet<F, B>> {
    const { team, seq } = this;
    const scope = project === undefined ? [team] : [team, project];
    const headOf = project === undefined ? async () => this.#head : () => this.#headOf(project);
    const loaded = await this.#sets.load(type, scope, seq, headOf);
    this.#read ??= new Map();
    this.#read.set(nameOf(type, project), loaded as AnySet);
    return loaded;
  }

  #headOf(project: string): Promise<Head | null> {
    this.#projects ??= new Map();
    const known = this.#projects.get(project) ?? this.#sets.verifiedHead([this.team, project]);
    this.#projects.set(project, known);
    return known;
  }
}

/** A class, since each request makes one: see `http/exchange.ts` on literals. */
class TeamView implements View {
  readonly team: TeamId;
  readonly seq: Seq;
  readonly work: Work;
  readonly #state: State;

  constructor(state: State, work: Work) {
    this.team = state.team;
    this.seq = state.seq;
    this.work = work;
    this.#state = state;
  }

  by(work: Work): View {
    return new TeamView(this.#state, work);
  }

  set<F extends Fields, B>(type: DocumentType<F, B>, project?: string): Promise<DocumentSet<F, B>> {
    return this.#state.set(type, project);
  }

  ready<F extends Fields, B>(type: DocumentType<F, B>, project?: string): DocumentSet<F, B> | null {
    return this.#state.ready(type, project);
  }

  with({ changes }: Parameters<View['with']>[0]): View {
    return overlaid(this, changes);
  }
}

/** The team as its head says that it is; sets are loaded when they are first asked for. */
export const viewAt = (team: TeamId, head: Head | null, sets: Sets, work: Work): View =>
  new TeamView(new State(team, head, sets), work);
