import {
  type Changed,
  createClient,
  isKeyloomError,
  type Missed,
  type WatchOptions,
  type Workload,
} from 'keyloom/client';

/**
 * The published client at work, told what to do in texts and plain data: the same in Node and in a browser. Imported by
 * name, as others do, so that it is the built one.
 */

export interface Scene {
  readonly url: string;
  /** The first is used until the gateway takes it no longer, then the next. */
  readonly tokens: readonly string[];
  readonly workload?: Workload;
  readonly allowUnresolved?: boolean;
  readonly since?: { readonly digest: string | null };
  readonly after?: string;
}

export interface Told {
  readonly events: readonly (Changed | Missed)[];
  readonly retries: readonly string[];
  /** The code that it ended with; `end`: by itself; null: it goes on. */
  readonly ended: string | null;
}

const codeOf = (error: unknown): string => (isKeyloomError(error) ? error.code : String(error));

function clientOf({ url, tokens }: Scene) {
  let at = 0;
  const client = createClient({ url, token: () => tokens[at] ?? tokens[tokens.length - 1] ?? '' });
  return { client, next: () => (at += 1) };
}

/** Plain data of what is resolved, or of the error. */
export async function resolveIn(scene: Scene): Promise<object> {
  try {
    const { seq, digest, variables, files, unresolved } = await clientOf(scene).client.resolve(scene.workload, scene);
    const texts = [...files].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]);
    return { seq, digest, variables: Object.fromEntries(variables), files: Object.fromEntries(texts), unresolved };
  } catch (error) {
    return { code: codeOf(error), details: (error as { details?: object }).details };
  }
}

const watches = new Map<
  number,
  { events: (Changed | Missed)[]; retries: string[]; ended: string | null; stop(): void }
>();

/** Begins to watch; `toldTo` says what came of it. */
export function watchIn(scene: Scene): number {
  const stopping = new AbortController();
  const id = watches.size;
  const state = {
    events: [] as (Changed | Missed)[],
    retries: [] as string[],
    ended: null as string | null,
    stop: () => stopping.abort(),
  };
  watches.set(id, state);
  const { client, next } = clientOf(scene);
  const options: WatchOptions = {
    ...(scene.since ? { since: scene.since } : {}),
    ...(scene.after === undefined ? {} : { after: scene.after }),
    signal: stopping.signal,
    onRetry: ({ code }) => {
      state.retries.push(code);
      if (code === 'FORBIDDEN') next();
    },
  };
  void (async () => {
    try {
      for await (const event of client.watch(scene.workload, options)) state.events.push(event);
      state.ended = 'end';
    } catch (error) {
      state.ended = codeOf(error);
    }
  })();
  return id;
}

export function toldTo(id: number): Told {
  const { events = [], retries = [], ended = 'nothing' } = watches.get(id) ?? {};
  return { events, retries, ended };
}

export function stopWatch(id: number): void {
  watches.get(id)?.stop();
}

/** In a page there is nobody to import it. */
Object.assign(globalThis, { scene: { resolveIn, watchIn, toldTo, stopWatch } });
