import { silentLog } from '../../src/kernel/log.ts';
import type { Reach } from '../../src/net/reach.ts';
import type { AddonProvider, Running } from '../../src/plugin/contract.ts';
import { createHost } from '../../src/plugin/host.ts';

export interface InProcess {
  readonly provider: AddonProvider;
  readonly running: Running<unknown>;
  readonly close: () => Promise<void>;
}

/** A shipped plugin as its author sees it, started in this process whatever its kind: for tests of what it does. */
export async function startInProcess(id: string, reach: Reach, deadlineMs = 2_000): Promise<InProcess> {
  const module: { readonly default: AddonProvider } = await import(`../../plugins/${id}/index.ts`);
  const provider = module.default;
  const stop = new AbortController();
  const lines = { add: (level: keyof typeof silentLog, text: string) => silentLog[level](text) };
  const host = createHost({ lines, clock: () => new Date(), reach, signal: stop.signal, deadlineMs });
  const running = await provider.start(provider.options.parse({}), host);
  return {
    provider,
    running,
    async close() {
      stop.abort();
      await running.close?.();
    },
  };
}
