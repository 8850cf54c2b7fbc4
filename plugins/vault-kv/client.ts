import { z } from 'zod';
import { checkFailed, type PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import type { Params } from './params.ts';

/** What KV version 2 answers to a read. */
const answer = z.object({
  data: z.object({
    data: z.record(z.string(), z.unknown()),
    metadata: z.object({ version: z.int() }),
  }),
});
export type Secret = z.output<typeof answer>['data'];

const withoutSlashes = (address: string): string =>
  address.endsWith('/') ? withoutSlashes(address.slice(0, -1)) : address;

/** The secret as it is now; a path without one, and a token that may not read it, are errors that tell their code alone. */
export const secretOf = (it: Params, { fetch, signal: stop }: PluginHost): Promise<Secret> =>
  within(
    stop,
    () => null,
    async (signal) => {
      const headers = {
        accept: 'application/json',
        'x-vault-token': it.token,
        'x-vault-request': 'true',
        ...(it.namespace ? { 'x-vault-namespace': it.namespace } : {}),
      };
      const url = `${withoutSlashes(it.address)}/v1/${it.mount}/data/${it.path}`;
      const response = await fetch(url, { headers, signal });
      if (response.status === 403) throw checkFailed('CREDENTIALS');
      if (response.status !== 200) throw checkFailed('FAILED');
      return answer.parse(await response.json()).data;
    },
  );
