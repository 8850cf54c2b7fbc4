import type { PluginHost } from '#plugin';
import { failed, within } from './failure.ts';
import type { Params } from './params.ts';

/** The document as it is now; anything but JSON with a status of 200 is an error that tells its code alone. */
export const documentOf = (it: Params, { fetch, signal: stop }: PluginHost): Promise<unknown> =>
  within(
    stop,
    () => null,
    async (signal) => {
      const headers = { accept: 'application/json', ...(it.authorization ? { authorization: it.authorization } : {}) };
      const response = await fetch(it.url, { headers, signal });
      if (response.status === 401 || response.status === 403) throw failed('CREDENTIALS');
      if (response.status !== 200) throw failed('FAILED');
      return response.json();
    },
  );
