import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { createRootKeyFile } from '../../src/crypto/root-key.ts';
import { ask, type Built, build, type Environment, type Serving, serving, spawned, stopped } from './built.ts';
import { type EditableMongo, editableMongo } from './editable-mongo.ts';
import { CREATE_PROJECT } from './makers.ts';

/** Built gateways on a MongoDB database that can be edited, and their checkpoint file. */
export interface Checkpointed {
  readonly mongo: EditableMongo;
  /** For what belongs to this test: the root key, data, and `file`. */
  readonly root: string;
  /** The checkpoint file. */
  readonly file: string;
  env(over?: Environment): Environment;
  /** Without a checkpoint file. */
  unchecked(): Environment;
  start(env?: Environment): Promise<Serving>;
  /** Runs a command, or a gateway that is going to refuse. */
  spawn(env?: Environment, args?: readonly string[]): Built;
  /** The last commit of the default team that the file knows. */
  seqIn(): number;
}

/** A new one for each test of the file; what still runs at its end is killed. */
export function eachCheckpointed(url: string | null): Checkpointed {
  let entry: string;
  let root: string;
  let mongo: EditableMongo;
  const running: Built[] = [];
  beforeAll(() => {
    entry = build();
  }, 120_000);
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'keyloom-checkpoint-'));
    await createRootKeyFile(join(root, 'root.key'));
    mongo = editableMongo(url ?? '');
  });
  afterEach(async () => {
    for (const each of running.splice(0)) if (each.process.exitCode === null) await stopped(each, 'SIGKILL');
    await mongo.dispose();
    rmSync(root, { recursive: true, force: true });
  });
  const kept = <T extends Built>(built: T): T => {
    running.push(built);
    return built;
  };
  const it: Checkpointed = {
    get mongo() {
      return mongo;
    },
    get root() {
      return root;
    },
    get file() {
      return join(root, 'checkpoint.json');
    },
    unchecked: () => ({
      KEYLOOM_PORT: '0',
      KEYLOOM_ROOT_KEY_FILE: join(root, 'root.key'),
      KEYLOOM_DATA: join(root, 'data'),
      KEYLOOM_DEVELOPMENT: 'true',
      MONGODB_URL: url ?? '',
      KEYLOOM_DATABASE: mongo.database,
    }),
    env: (over) => ({ ...it.unchecked(), KEYLOOM_CHECKPOINT_FILE: it.file, ...over }),
    start: async (env = it.env()) => kept(await serving(entry, env)),
    spawn: (env = it.env(), args = []) => kept(spawned(entry, env, args)),
    seqIn: () => JSON.parse(JSON.parse(readFileSync(it.file, 'utf8')).content).teams.default.seq,
  };
  return it;
}

/** Answers the number of its commit. */
export const addProject = async (server: Serving, token: string, name: string): Promise<number> =>
  (await ask(server.url, token, CREATE_PROJECT, { input: { name } })).data.createProject.commit.seq;
