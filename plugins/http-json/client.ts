import { checkFailed, type PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { type JsonText, readJson } from '#plugin/json';
import type { Params } from './params.ts';

/** The document as it is now; anything but JSON with a status of 200 is an error that tells its code alone. */
export const documentOf = (it: Params, { fetch, signal: stop }: PluginHost): Promise<JsonText> =>
  within(
    stop,
    () => null,
    async (signal) => {
      const headers = { accept: 'application/json', ...(it.authorization ? { authorization: it.authorization } : {}) };
      const response = await fetch(it.url, { headers, signal });
      if (response.status === 401 || response.status === 403) throw checkFailed('CREDENTIALS');
      if (response.status === 404 || response.status === 410) throw checkFailed('NOT_FOUND');
      if (response.status !== 200) throw checkFailed('BROKEN');
      return readJson(await response.text());
    },
  );
