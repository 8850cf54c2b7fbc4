import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { replacePrivately, syncFolder } from '../files/private.ts';
import { describeFault } from '../graphql/engine/mask-error.ts';
import { unavailable } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Keys } from '../keys/keys.ts';
import { INSTANCE_TEAM } from '../keys/model.ts';
import { sameBytes, verifyHead } from '../store/chain.ts';
import type { Noted } from '../store/noted.ts';
import type { Head, Seq, Store } from '../store/port.ts';

/** The last commit of a team, by its number and its MAC, to which all before it are chained. */
interface Position {
  readonly seq: Seq;
  readonly mac: string;
}
type Positions = Readonly<Record<string, Position>>;

const POSITION = z.strictObject({ seq: z.int().min(0), mac: z.string().regex(/^[0-9a-f]{64}$/) });
const CONTENT = z.strictObject({
  format: z.literal(1),
  instance: z.string().max(100),
  /** Of the life of the store: a backup that is restored begins another. */
  incarnation: z.string().max(100),
  /** Accepted beside the store: whoever puts back the volume puts back both. */
  besideStore: z.boolean(),
  teams: z.record(z.string().max(200), POSITION),
});
type Content = z.infer<typeof CONTENT>;
const FILE = z.strictObject({ content: z.string().max(1_000_000), mac: z.string().regex(/^[0-9a-f]{64}$/) });

export interface CheckpointDeps {
  readonly file: string;
  /** Where the embedded store is; null: elsewhere. */
  readonly storeDirectory: string | null;
  readonly teams: readonly string[];
  readonly store: Store;
  readonly keys: Keys;
  /** Up to where this process has committed. */
  readonly made: Noted['made'];
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const positionOf = (seq: Seq, mac: Uint8Array): Position => ({ seq, mac: hexOf(mac) });
const FOREIGN = 'was not written by this installation, or was edited';
const ACCEPT = '`keyloom checkpoint --accept` takes the store as it is';

const macOf = (keys: Keys, content: string): Uint8Array => keys.mac('checkpoint')(Buffer.from(content, 'utf8'));

/** What the file says; words why it says nothing. */
async function read({ file, keys }: CheckpointDeps): Promise<Content | string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'is not there' : `cannot be read (${code ?? 'unknown'})`;
  }
  try {
    const { content, mac } = FILE.parse(JSON.parse(text));
    if (!sameBytes(Buffer.from(mac, 'hex'), macOf(keys, content))) return FOREIGN;
    const parsed = CONTENT.parse(JSON.parse(content));
    return parsed.instance === keys.instance ? parsed : FOREIGN;
  } catch {
    return 'is no checkpoint of Keyloom, or not whole';
  }
}

async function headsOf({ store, keys, teams }: CheckpointDeps): Promise<readonly Head[]> {
  const heads: Head[] = [];
  for (const team of [INSTANCE_TEAM, ...teams]) {
    const head = await store.head([team]);
    if (!head) continue;
    verifyHead(keys.mac('log'), head);
    heads.push(head);
  }
  return heads;
}

const positionsOf = (heads: readonly Head[]): Positions =>
  Object.fromEntries(heads.map(({ scope, seq, chain }) => [scope[0] ?? '', positionOf(seq, chain)]));

const contentOf = ({ keys }: CheckpointDeps, besideStore: boolean, teams: Positions): Content => ({
  format: 1,
  instance: keys.instance,
  incarnation: keys.incarnation,
  besideStore,
  teams,
});

async function isBesideStore({ file, storeDirectory }: CheckpointDeps): Promise<boolean> {
  if (storeDirectory === null) return false;
  const [ours, theirs] = await Promise.all([stat(dirname(file)), stat(storeDirectory)]);
  return ours.dev === theirs.dev;
}

/** Whole or not at all, and on the disk when this resolves. */
async function write({ file, keys }: CheckpointDeps, content: Content): Promise<void> {
  const text = JSON.stringify(content);
  await replacePrivately(file, JSON.stringify({ content: text, mac: hexOf(macOf(keys, text)) }));
  await syncFolder(dirname(file));
}

/** Whether the store holds that very commit; words why not. */
async function missing(store: Store, team: string, { seq, mac }: Position): Promise<string | null> {
  const head = await store.head([team]);
  if ((head?.seq ?? 0) < seq) return `the store ends at commit ${head?.seq ?? 0} of ${team}, the checkpoint at ${seq}`;
  const [commit] = await store.commitsAfter(team, seq - 1, 1);
  const isSame = commit?.seq === seq && sameBytes(commit.mac, Buffer.from(mac, 'hex'));
  return isSame ? null : `commit ${seq} of ${team} is another one than at the checkpoint`;
}

/** UNAVAILABLE when a store that holds nothing should hold something. */
export function assertNoCheckpoint(file: string | null): void {
  if (file === null || !existsSync(file)) return;
  throw unavailable(
    `The store is empty, but the checkpoint file ${file} speaks of one: restore a backup, or remove the file to begin anew`,
  );
}

/** UNAVAILABLE unless the store goes on from where the file says; nothing is written. `isNew`: there is no file yet. */
export async function assertFollowsCheckpoint(deps: CheckpointDeps, isNew: boolean): Promise<void> {
  const content = isNew ? null : await read(deps);
  const words = (why: string) => unavailable(`The checkpoint file ${deps.file} ${why}; ${ACCEPT}`);
  if (typeof content === 'string') throw words(content);
  if (!content?.besideStore && (await isBesideStore(deps))) throw words("is on the store's own volume");
  if (!content) return;
  if (content.incarnation !== deps.keys.incarnation) {
    throw unavailable(`The store was restored from a backup after its checkpoint was written; ${ACCEPT}`);
  }
  for (const [team, position] of Object.entries(content.teams)) {
    const why = await missing(deps.store, team, position);
    if (why) throw unavailable(`The store is older than its checkpoint, or another: ${why}; ${ACCEPT}`);
  }
}

/** Says where the file and the store stand; `accept`: writes where the store stands. */
export async function lookAtCheckpoint(deps: CheckpointDeps, accept: boolean): Promise<readonly string[]> {
  const content = await read(deps);
  const heads = await headsOf(deps);
  const besideStore = await isBesideStore(deps);
  const told = (positions: Positions): readonly string[] =>
    Object.entries(positions).map(([team, { seq, mac }]) => `  ${team}: commit ${seq}, ${mac.slice(0, 16)}`);
  const file = typeof content === 'string' ? [`  it ${content}`] : told(content.teams);
  const lines = [`Checkpoint ${deps.file}:`, ...file, 'Store:', ...told(positionsOf(heads))];
  if (!accept) return [...lines, `${ACCEPT}.`];
  await write(deps, contentOf(deps, besideStore, positionsOf(heads)));
  const warning = "It is on the store's own volume: whoever puts back the volume puts back both.";
  return [...lines, 'The checkpoint is now where the store is.', ...(besideStore ? [warning] : [])];
}

export interface Checkpoint {
  /** Writes where the store stands for the last time. */
  close(): Promise<void>;
}

const EVERY_MS = 1_000;

/** Says once that a team's store no longer holds what the checkpoint says, and once that it does again. */
function createTelling(log: Log) {
  const lost = new Set<string>();
  return (team: string, isLost: boolean): void => {
    if (isLost && !lost.has(team)) log.error('integrity_failure', { kind: 'checkpoint', document: team });
    if (!isLost && lost.has(team)) log.info('checkpoint_follows_again', { document: team });
    if (isLost) lost.add(team);
    else lost.delete(team);
  };
}

/** Writes where the store stands, at most once a second and only when it moved. */
export async function followCheckpoint(deps: CheckpointDeps, log: Log, everyMs = EVERY_MS): Promise<Checkpoint> {
  const before = await read(deps);
  const besideStore = typeof before === 'string' ? false : before.besideStore;
  let last: Positions = typeof before === 'string' ? {} : before.teams;
  let failed = false;
  const tell = createTelling(log);

  async function look(): Promise<void> {
    // In this order: what is committed meanwhile is in the store.
    const made = [...deps.made().values()];
    const now = positionsOf(await headsOf(deps));
    const next: Record<string, Position> = { ...last };
    for (const { team, seq, mac } of made) {
      if (seq > (next[team]?.seq ?? 0)) next[team] = positionOf(seq, mac);
    }
    for (const team of new Set([...Object.keys(next), ...Object.keys(now)])) {
      const [known, found] = [next[team], now[team]];
      const why = known && known.mac !== found?.mac ? await missing(deps.store, team, known) : null;
      // What was put back while it was served does not become the truth.
      tell(team, why !== null);
      if (why === null && found) next[team] = found;
    }
    if (Object.entries(next).every(([team, { mac }]) => last[team]?.mac === mac)) return;
    await write(deps, contentOf(deps, besideStore, next));
    last = next;
    failed = false;
  }
  const looked = (): Promise<void> =>
    look().catch((error: unknown) => {
      if (!failed) log.error('checkpoint_not_written', describeFault(error));
      failed = true;
    });

  let running = looked();
  const timer = setInterval(() => {
    running = running.then(looked);
  }, everyMs).unref();
  return {
    async close() {
      clearInterval(timer);
      await running.then(looked);
    },
  };
}
