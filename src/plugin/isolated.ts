import type { ChildLink } from './child-link.ts';
import { type ChildDeps, loadedChild, NotReady, startedChild } from './open-child.ts';
import { type Abilities, type LoadedPlugin, type PluginFacts, PluginFailure, TOO_LARGE } from './plugin.ts';
import type { Redactor } from './redact.ts';
import { type CallGiven, type Method, PROBLEMS, TOO_LONG, VALUES } from './wire.ts';

export interface IsolatedDeps extends ChildDeps {
  /** As the operator gave them: parsed where the plugin is. */
  readonly options: () => unknown;
  readonly redactor: Redactor;
  /** What it said of itself in this process; null: what it says first counts. */
  readonly known: PluginFacts | null;
}

export interface Isolated {
  /** Its facts, from a process that is left running. */
  load(): Promise<PluginFacts>;
  start(): Promise<Abilities>;
  readonly calls: Omit<LoadedPlugin, 'facts' | 'keys' | 'abilities'>;
  close(): Promise<void>;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/** A plugin in a process of its own, which is started when it is needed and again when it died, but not at once. */
export function createIsolated(deps: IsolatedDeps): Isolated {
  const { bounds, lines, redactor } = deps;
  let known = deps.known;
  let loaded: Promise<ChildLink> | null = null;
  let ready: Promise<ChildLink> | null = null;
  let abilities: Abilities = { check: false, rotate: false };
  let failures = 0;
  let notBefore = 0;
  let isClosing = false;

  function died(link: Promise<ChildLink>): void {
    if (loaded !== link) return;
    [loaded, ready] = [null, null];
    failures += 1;
    notBefore = performance.now() + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 10));
  }

  async function opened(): Promise<ChildLink> {
    const { link, facts } = await loadedChild(deps, known);
    known ??= facts;
    return link;
  }

  function open(): Promise<ChildLink> {
    if (loaded) return loaded;
    const link = opened();
    loaded = link;
    link.then(
      ({ ended }) => ended.then(() => died(link)),
      () => died(link),
    );
    return link;
  }

  async function begun(link: ChildLink): Promise<ChildLink> {
    abilities = await startedChild(link, { ...deps, options: deps.options(), isExclusive: false });
    return link;
  }

  function begin(): Promise<ChildLink> {
    if (isClosing || (!ready && performance.now() < notBefore)) return Promise.reject(new PluginFailure('FAILED'));
    ready ??= open().then(begun);
    return ready;
  }

  async function call(method: Method, given: CallGiven): Promise<unknown> {
    redactor.learn(given);
    lines.begin();
    try {
      const link = await begin().catch(() => {
        throw new PluginFailure('FAILED');
      });
      const answer = await link.call(method, given, bounds.deadlineMs);
      redactor.learn(answer);
      failures = 0;
      return answer;
    } finally {
      lines.end();
    }
  }

  return {
    load: async () => {
      await open();
      if (!known) throw new NotReady('process');
      return known;
    },
    start: async () => {
      await begin();
      return abilities;
    },
    calls: callsOver(call),
    async close() {
      isClosing = true;
      const link = await loaded?.catch(() => null);
      await link?.close();
    },
  };
}

/** The methods of a plugin over whatever carries a call to its process. What comes back is not believed. */
export function callsOver(call: (method: Method, given: CallGiven) => Promise<unknown>): Isolated['calls'] {
  return {
    async problemsWith(params) {
      const told = PROBLEMS.safeParse(await call('problemsWith', { id: '', params }));
      if (!told.success) throw new PluginFailure('FAILED');
      return told.data;
    },
    values: async (instance) => valuesOf(await call('values', instance)),
    check: async ({ id, params }) => void (await call('check', { id, params })),
    rotate: ({ id, params }) => call('rotate', { id, params }),
    retire: async ({ id, params, old }) => void (await call('retire', { id, params, old })),
  };
}

/** Text, or what is no text; null: it gave no map. */
function valuesOf(answer: unknown): ReadonlyMap<string, unknown> | null {
  const told = VALUES.safeParse(answer);
  if (!told.success) return null;
  return new Map(
    told.data.map(([name, value]) => [name, typeof value === 'string' ? value : value === TOO_LONG ? TOO_LARGE : null]),
  );
}
