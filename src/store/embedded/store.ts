import { unavailable } from '../../kernel/errors.ts';
import { checkCommit } from '../check.ts';
import { assertFollows, pageSize, revisionBelow } from '../history.ts';
import { USUAL_QUOTAS } from '../kept.ts';
import { isKey } from '../keys.ts';
import { createListeners } from '../listeners.ts';
import type { Commit, Mac, OpenedStore, Seq, Store, TeamId, Trouble } from '../port.ts';
import { relieves } from '../relief.ts';
import { watchLog } from '../watch.ts';
import { holdsBelow } from './below.ts';
import { decideCommit } from './decide.ts';
import { createSection, type Engine, type EngineReader } from './engine.ts';
import { createLineages } from './lineages.ts';
import * as at from './places.ts';
import { newestOf, readAsOf, readDoc, readHead, readRevisions } from './reads.ts';
import { createRecall, type Recall } from './recall.ts';
import * as record from './records.ts';

const WATCH_PAGE = 256;

async function readCommits(engine: Engine, team: TeamId, seq: Seq, limit: number): Promise<readonly Commit[]> {
  if (!isKey([team])) return [];
  const { start, end } = at.commitRange(team, seq);
  const found = engine.range(start, end, pageSize({ limit }));
  const commits = found.map(({ key, value }) => record.decodeCommit(key, value));
  await assertFollows(commits, seq, () => readHead(engine, [team])?.start.seq ?? 0);
  return commits;
}

type Reads = Omit<Store, 'commit' | 'watch' | 'close'>;

/** `open`: refuses when the store is closed. */
function createReads(engine: Engine, recall: Recall, open: () => void): Reads {
  const lineages = createLineages(engine, recall);
  return {
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
      return lineages.read(scope);
    },
    isCurrent(lineage) {
      open();
      return lineages.isCurrent(lineage);
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
    async commitsAfter(team, seq, limit) {
      open();
      return readCommits(engine, team, seq, limit);
    },
    async revisions(kind, key, page) {
      open();
      if (page.asOf !== undefined) return readAsOf(engine, kind, key, page.asOf);
      return readRevisions(engine, kind, key, revisionBelow(page), pageSize(page));
    },
    async holds(prefix) {
      open();
      return holdsBelow(engine, prefix);
    },
  };
}

/** The store's promises over any engine. */
export function createEmbeddedStore(engine: Engine, mac: Mac, quotas = USUAL_QUOTAS): OpenedStore {
  const section = createSection(engine);
  const listeners = createListeners();
  const recall = createRecall();
  let closing: Promise<void> | null = null;
  const open = (): void => {
    if (closing) throw unavailable('The store is closed');
  };
  const reads = createReads(engine, recall, open);

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
    ...reads,
    trouble,
    claim: () => engine.apply([]),
    onLost: (told) => engine.onLost?.(told),
    async commit(request, made) {
      open();
      checkCommit(request);
      const decide = (view: EngineReader) => {
        const { plan, ...decided } = decideCommit(view, { mac, quotas, recall }, request);
        return plan && made ? { ...decided, written: () => made(plan) } : decided;
      };
      const commit = await section.write(decide, relieves(request));
      listeners.wake(request.team);
      return commit;
    },
    watch(team, seq, signal) {
      const read = (after: Seq) => reads.commitsAfter(team, after, WATCH_PAGE);
      return watchLog({ read, subscribe: (wake) => listeners.subscribe(team, wake) }, seq, signal);
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
