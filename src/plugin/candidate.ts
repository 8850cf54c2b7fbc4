import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Reach } from '../net/reach.ts';
import type { AddonProvider, Running } from './contract.ts';
import { createHost, offline } from './host.ts';
import { createIsolated } from './isolated.ts';
import { createLines, type Lines } from './lines.ts';
import { abilitiesOf, callsOf, keysOf } from './local.ts';
import { type Bounds, NotReady } from './open-child.ts';
import type { LoadedPlugin, PluginFacts } from './plugin.ts';
import type { Pool } from './pool.ts';
import { pooledCalls } from './pooled.ts';
import { factsOf, faultOf, parsedBy, runningFaultOf } from './provider.ts';
import { createRedactor, type Redactor } from './redact.ts';
import type { PluginSource } from './sources.ts';

/** A plugin on its way: first it says what it is, then it starts. Rejects with `NotReady`. */
export interface Candidate {
  readonly source: PluginSource;
  facts(): Promise<PluginFacts>;
  start(): Promise<LoadedPlugin>;
  close(): Promise<void>;
}

export interface CandidateDeps {
  readonly options: ReadonlyMap<string, unknown>;
  readonly log: Log;
  readonly clock: Clock;
  readonly reach: Reach;
  readonly bounds: Bounds;
  /** For what of shipped addons speaks to backing services. */
  readonly pool: Pool;
  readonly startMs: number;
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal;
}

interface Voice {
  readonly redactor: Redactor;
  readonly lines: Lines;
}

/** What is shipped is imported here, without its drivers; all else is never, and runs in a process of its own. */
export function candidateOf(source: PluginSource, deps: CandidateDeps): Candidate {
  const redactor = createRedactor();
  const voice = { redactor, lines: createLines(source.name, deps.log, deps.clock, redactor) };
  return source.isShipped ? shipped(source, deps, voice) : foreign(source, deps, voice);
}

/** Options are known by id, and a package tells its id only once it is loaded: they are handed on when it starts. */
function foreign(source: PluginSource, deps: CandidateDeps, { redactor, lines }: Voice): Candidate {
  const { reach, bounds } = deps;
  let options: unknown;
  const isolated = createIsolated({ source, options: () => options, reach, bounds, lines, redactor, known: null });
  return {
    source,
    facts: isolated.load,
    async start() {
      const facts = await isolated.load();
      options = deps.options.get(facts.id);
      redactor.learn(options);
      const abilities = await isolated.start();
      return { facts, keys: keysOf(facts), abilities, ...isolated.calls };
    },
    close: isolated.close,
  };
}

function shipped(source: PluginSource, deps: CandidateDeps, { redactor, lines }: Voice): Candidate {
  const { clock, reach, signal, bounds, pool, startMs } = deps;
  let provider: AddonProvider | null = null;
  let close: () => Promise<void> = async () => {};
  const load = async (): Promise<AddonProvider> => {
    provider ??= await imported(source);
    return provider;
  };
  async function start(): Promise<LoadedPlugin> {
    const found = await load();
    const facts = factsOf(found);
    const given = deps.options.get(facts.id);
    redactor.learn(given);
    const options = parsedBy(found.options, given ?? {});
    if (!options.ok) {
      throw new NotReady(
        'options',
        options.problems.map(({ path }) => path),
      );
    }
    const host = createHost({ lines, clock, reach, signal, deadlineMs: bounds.deadlineMs });
    const running = (await found.start(options.value, offline(host))) as Running<unknown>;
    const fault = runningFaultOf(running);
    if (fault) throw new NotReady(fault);
    close = async () => running.close?.();
    const plugin = { facts, keys: keysOf(facts), abilities: abilitiesOf(running) };
    const here = callsOf(found, running, redactor.learn);
    if (facts.kind === 'addon') {
      const away = pooledCalls({ source, options: given, reach, bounds, lines, redactor, known: facts, pool });
      return { ...plugin, ...here, ...away, startMs };
    }
    // It speaks to the outside: its process is started when it is first asked. Its rules are data, and stay here.
    await close();
    const isolated = createIsolated({ source, options: () => given, reach, bounds, lines, redactor, known: facts });
    close = isolated.close;
    return { ...plugin, ...isolated.calls, problemsWith: here.problemsWith };
  }
  return { source, facts: async () => factsOf(await load()), start, close: () => close() };
}

async function imported({ entry, folderName }: PluginSource): Promise<AddonProvider> {
  let module: { readonly default?: unknown };
  try {
    module = await import(entry);
  } catch {
    throw new NotReady('import');
  }
  const fault = faultOf(module.default, folderName);
  if (fault) throw new NotReady(fault);
  return module.default as AddonProvider;
}
