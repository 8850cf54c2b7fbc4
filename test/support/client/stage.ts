import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import WebSocket from 'ws';
import type { Scene, Told } from './scene.ts';

/** Where the client runs. */
export interface Stage {
  resolve(scene: Scene): Promise<Record<string, unknown>>;
  watch(scene: Scene): Promise<number>;
  told(id: number): Promise<Told>;
  stop(id: number): Promise<void>;
  close(): Promise<void>;
}

export async function nodeStage(): Promise<Stage> {
  const scene = await import('./scene.ts');
  return {
    resolve: async (given) => ({ ...(await scene.resolveIn(given)) }),
    watch: async (given) => scene.watchIn(given),
    told: async (id) => scene.toldTo(id),
    stop: async (id) => scene.stopWatch(id),
    close: async () => {},
  };
}

/** The scene and the client in one file for browsers. What Node has and they have not fails here. */
export function bundle(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, 'scene.ts')],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: ['chrome124', 'firefox124', 'safari17.4'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/** Debian's, where it is there. */
export const CHROMIUM = '/usr/bin/chromium';

/** A page of `url` in a real browser, driven over its DevTools protocol. */
export async function browserStage(url: string): Promise<Stage> {
  const profile = mkdtempSync(join(tmpdir(), 'keyloom-browser-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const own = ['--remote-debugging-port=0', `--user-data-dir=${profile}`, '--disable-background-networking'];
  const browser = spawn(CHROMIUM, [...flags, ...own, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const call = await devTools(browser);
  const { targetId } = await call('Target.createTarget', { url });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  async function evaluate(expression: string): Promise<never> {
    const asked = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await call('Runtime.evaluate', asked, sessionId);
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value as never;
  }
  while (!(await evaluate('"scene" in globalThis'))) await new Promise((again) => setTimeout(again, 50));
  const of = (name: string, given: unknown) => evaluate(`scene.${name}(${JSON.stringify(given)})`);
  return {
    resolve: (scene) => of('resolveIn', scene),
    watch: (scene) => of('watchIn', scene),
    told: (id) => of('toldTo', id),
    stop: (id) => of('stopWatch', id),
    close: async () => {
      const ended = new Promise((done) => browser.once('close', done));
      // It has processes of its own.
      process.kill(-(browser.pid ?? 0), 'SIGKILL');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the protocol are read as they are asked for
type Call = (method: string, params: object, sessionId?: string) => Promise<any>;

async function devTools(browser: ChildProcess): Promise<Call> {
  const address = await new Promise<string>((found, fail) => {
    let text = '';
    browser.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const at = /DevTools listening on (\S+)/.exec(text)?.[1];
      if (at) found(at);
    });
    browser.once('close', () => fail(new Error(text)));
  });
  const socket = new WebSocket(address);
  await new Promise((open, fail) => {
    socket.once('open', open);
    socket.once('error', fail);
  });
  const waiting = new Map<number, (answer: { result?: object; error?: object }) => void>();
  socket.on('message', (bytes: Buffer) => {
    const { id, ...answer } = JSON.parse(bytes.toString());
    waiting.get(id)?.(answer);
  });
  let last = 0;
  return (method, params, sessionId) => {
    last += 1;
    socket.send(JSON.stringify({ id: last, method, params, sessionId }));
    return new Promise((done, fail) =>
      waiting.set(last, ({ result, error }) => (error ? fail(new Error(JSON.stringify(error))) : done(result))),
    );
  };
}
