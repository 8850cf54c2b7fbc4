import { unavailable } from '../../kernel/errors.ts';
import { checkCommit } from '../check.ts';
import { assertFollows, pageSize, revisionBelow } from '../history.ts';
import { type Quotas, USUAL_QUOTAS } from '../kept.ts';
import { isKey, keyText } from '../keys.ts';
import { createListeners } from '../listeners.ts';
import { type Known, type Plan, planCommit, type Step } from '../plan.ts';
import type { Commit, Doc, Head, Key, Kind, Mac, NewCommit, OpenedStore, Seq, TeamId, Trouble } from '../port.ts';
import { relieves } from '../relief.ts';
import { watchLog } from '../watch.ts';
import { holdsBelow } from './below.ts';
import { type Batch, createSection, type Engine, type EngineReader } from './engine.ts';
import { createLineages } from './lineages.ts';
import { once } from './once.ts';
import * as at from './places.ts';
import * as record from './records.ts';

type Put = Batch[number];

/** More than there can be of one document's revisions. */
const ALL = 1_000_000_000;
const HEADS_PAGE = 1_000;

function readDoc(view: EngineReader, kind: Kind, key: Key): Doc | null {
  if (!isKey(key)) return null;
  const place = at.docAt(kind, key);
  const value = view.get(place);
  return value && record.decodeDoc(place, value);
}

function readHead(view: EngineReader, scope: Key): Head | null {
  if (!isKey(scope)) return null;
  const place = at.headAt(scope);
  const value = view.get(place);
  return value && record.decodeHead(place, value);
}

function newestOf(view: EngineReader, team: TeamId): Seq {
  if (!isKey([team])) return 0;
  let newest = 0;
  let { start, end } = at.headRange(team);
  for (;;) {
    const page = view.range(start, end, HEADS_PAGE);
    for (const { key, value } of page) newest = Math.max(newest, record.decodeHead(key, value).seq);
    const last = page[page.length - 1];
    if (!last || page.length < HEADS_PAGE) break;
    start = Buffer.concat([last.key, Buffer.of(0)]);
  }
  const after = at.commitRange(team, newest);
  const [more] = view.range(after.start, after.end, 1);
  return more ? record.decodeCommit(more.key, more.value).seq : newest;
}

function readNumber(view: EngineReader, place: Uint8Array): number | null {
  const value = view.get(place);
  return value && record.decodeNumber(place, value);
}

function readBytes(view: EngineReader, place: Uint8Array): Uint8Array | null {
  const value = view.get(place);
  return value && record.decodeBytes(place, value);
}

function readCommit(view: EngineReader, team: TeamId, seq: Seq): Commit | null {
  const place = at.commitAt(team, seq);
  const value = view.get(place);
  return value && record.decodeCommit(place, value);
}

/** What the replaced revisions below `below` count. */
function pastBytes(view: EngineReader, kind: Kind, key: Key, below: number | null): number {
  const { start, end } = at.revisionRange(kind, key, below);
  return view.range(start, end, ALL).reduce((sum, { key: place, value }) => sum + record.keptBytesAt(place, value), 0);
}

/** Erases the replaced revisions below `below`. */
function erased(view: EngineReader, kind: Kind, key: Key, below: number | null): readonly Put[] {
  const { start, end } = at.revisionRange(kind, key, below);
  return view.range(start, end, ALL).map(({ key: place }): Put => [place, null]);
}

function putsOf(view: EngineReader, step: Step): readonly Put[] {
  if (step.op === 'purge') {
    const { kind, key, since } = step.doc;
    const place = at.docAt(kind, key);
    return [...erased(view, kind, key, since), [place, record.encodeDoc(place, step.doc)]];
  }
  if (step.op === 'remove') return [...erased(view, step.kind, step.key, null), [at.docAt(step.kind, step.key), null]];
  const { doc, replaced } = step;
  const place = at.docAt(doc.kind, doc.key);
  const now: Put = [place, record.encodeDoc(place, doc)];
  if (!replaced) return [now];
  const then = at.revisionAt(doc.kind, doc.key, replaced.revision);
  return [now, [then, record.encodeDoc(then, replaced)]];
}

function batchOf(view: EngineReader, { commit, heads, nodes, states, steps }: Plan): Batch {
  const logAt = at.commitAt(commit.team, commit.seq);
  const idAt = at.commitIdAt(commit.team, commit.id);
  const puts = steps.flatMap((step) => putsOf(view, step));
  const headPuts = heads.map((head): Put => {
    const place = at.headAt(head.scope);
    return [place, record.encodeHead(place, head)];
  });
  const nodePuts = nodes.map(({ scope, path, bytes }): Put => {
    const place = at.nodeAt(scope, path);
    return [place, record.encodeBytes(place, bytes)];
  });
  const statePuts = states.map(({ scope, kind, state }): Put => {
    const place = at.stateAt(scope, kind);
    return [place, record.encodeBytes(place, state)];
  });
  return [
    ...puts,
    ...headPuts,
    ...nodePuts,
    ...statePuts,
    [logAt, record.encodeCommit(logAt, commit)],
    [idAt, record.encodeNumber(idAt, commit.seq)],
  ];
}

/** Reads, decides, and says what is to be written; the whole of a commit but for the disk. */
function decideCommit(
  view: EngineReader,
  { mac, quotas }: { readonly mac: Mac; readonly quotas: Quotas },
  request: NewCommit,
): { result: Commit; batch: Batch } {
  const known = readNumber(view, at.commitIdAt(request.team, request.id));
  const earlier = known === null ? null : readCommit(view, request.team, known);
  if (earlier) return { result: earlier, batch: [] };
  const stored: Known = {
    doc: (kind, key) => readDoc(view, kind, key),
    head: once(keyText, (scope: Key) => readHead(view, scope)),
    past: (kind, key, below) => pastBytes(view, kind, key, below),
    node: once(
      (scope: Key, path: string) => keyText([...scope, path]),
      (scope, path) => readBytes(view, at.nodeAt(scope, path)),
    ),
    state: (scope, kind) => readBytes(view, at.stateAt(scope, kind)),
    hasCommit: (seq) => view.get(at.commitAt(request.team, seq)) !== null,
    rootLags: false,
  };
  const plan = planCommit(mac, request, stored, quotas);
  return { result: plan.commit, batch: batchOf(view, plan) };
}

function readRevisions(view: EngineReader, kind: Kind, key: Key, below: number | null, limit: number): readonly Doc[] {
  const present = readDoc(view, kind, key);
  if (!present) return [];
  const first = below === null || present.revision < below ? [present] : [];
  const { start, end } = at.revisionRange(kind, key, below);
  const older = view.range(start, end, limit).map((entry) => record.decodeDoc(entry.key, entry.value));
  return [...first, ...older].slice(0, limit);
}

/** The first revision after a commit and the one before it, by the order of their numbers: a few reads, however many there are. */
function readAsOf(view: EngineReader, kind: Kind, key: Key, seq: Seq): readonly Doc[] {
  const present = readDoc(view, kind, key);
  if (!present) return [];
  if (present.seq <= seq) return [present];
  const revision = (number: number): Doc | null => {
    const place = at.revisionAt(kind, key, number);
    const value = view.get(place);
    return value && record.decodeDoc(place, value);
  };
  let [found, next]: [Doc | null, Doc] = [null, present];
  // What is not kept any more is older than all that is.
  let [low, high] = [1, present.revision - 1];
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const doc = revision(middle);
    if (doc === null || doc.seq <= seq) {
      if (doc !== null) found = doc;
      low = middle + 1;
    } else {
      next = doc;
      high = middle - 1;
    }
  }
  return found ? [next, found] : [next];
}

const WATCH_PAGE = 256;

/** The store's promises over any engine. */
export function createEmbeddedStore(engine: Engine, mac: Mac, quotas = USUAL_QUOTAS): OpenedStore {
  const section = createSection(engine);
  const listeners = createListeners();
  let closing: Promise<void> | null = null;
  const lineages = createLineages(engine);
  const open = (): void => {
    if (closing) throw unavailable('The store is closed');
  };

  async function commitsAfter(team: TeamId, seq: Seq, limit: number): Promise<readonly Commit[]> {
    open();
    if (!isKey([team])) return [];
    const { start, end } = at.commitRange(team, seq);
    const found = engine.range(start, end, pageSize({ limit }));
    const commits = found.map(({ key, value }) => record.decodeCommit(key, value));
    await assertFollows(commits, seq, () => readHead(engine, [team])?.start.seq ?? 0);
    return commits;
  }

  async function close(): Promise<void> {
    await section.idle();
    listeners.wakeAll();
    await engine.close();
  }

  async function trouble(): Promise<Trouble | null> {
    // In its turn, because the file is not to grow under a write.
    if (!closing && engine.trouble?.()) await section.write(() => ({ result: null, batch: [] }));
    return engine.trouble?.() ?? null;
  }

  return {
    trouble,
    claim: () => engine.apply([]),
    onLost: (told) => engine.onLost?.(told),
    async isEmpty() {
      open();
      return at.CONTENT.every(({ start, end }) => engine.range(start, end, 1).length === 0);
    },
    async head(scope) {
      open();
      engine.standing?.();
      return readHead(engine, scope);
    },
    async newest(team) {
      open();
      return newestOf(engine, team);
    },
    async lineage(scope) {
      open();
      return lineages(scope);
    },
    async get(kind, key) {
      open();
      return readDoc(engine, kind, key);
    },
    async getMany(kind, keys) {
      open();
      return keys.map((key) => readDoc(engine, kind, key));
    },
    async list(kind, prefix, page) {
      open();
      if (prefix.length > 0 && !isKey(prefix)) return [];
      const { start, end } = at.docRange(kind, prefix, page.after);
      return engine.range(start, end, pageSize(page)).map(({ key, value }) => record.decodeDoc(key, value));
    },
    async commit(request) {
      open();
      checkCommit(request);
      const commit = await section.write((view) => decideCommit(view, { mac, quotas }, request), relieves(request));
      listeners.wake(request.team);
      return commit;
    },
    commitsAfter,
    watch(team, seq, signal) {
      const read = (after: Seq) => commitsAfter(team, after, WATCH_PAGE);
      return watchLog({ read, subscribe: (wake) => listeners.subscribe(team, wake) }, seq, signal);
    },
    async revisions(kind, key, page) {
      open();
      if (page.asOf !== undefined) return readAsOf(engine, kind, key, page.asOf);
      const below = revisionBelow(page);
      return readRevisions(engine, kind, key, below, pageSize(page));
    },
    async holds(prefix) {
      open();
      return holdsBelow(engine, prefix);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** The same over what can only be read. */
export function createReadOnlyStore(reader: EngineReader, mac: Mac): OpenedStore {
  const refused = async (): Promise<never> => {
    throw unavailable('The store is open for reading alone');
  };
  return createEmbeddedStore({ ...reader, apply: refused, writes: () => 0, close: async () => {} }, mac);
}
