import { checkFailed, type PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { type JsonText, readJson } from '#plugin/json';
import { encodedPath, type Params } from './params.ts';

/** What KV version 2 answers to a read. */
export interface Secret {
  readonly data: JsonText;
  readonly version: string;
}

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
      const url = `${withoutSlashes(it.address)}/v1/${encodedPath(it.mount)}/data/${encodedPath(it.path)}`;
      const response = await fetch(url, { headers, signal });
      if (response.status === 401 || response.status === 403) throw checkFailed('CREDENTIALS');
      if (response.status === 404) throw checkFailed('NOT_FOUND');
      // So Vault answers while it is sealed, and while it has no storage.
      if (response.status === 503) throw checkFailed('SEALED');
      if (response.status !== 200) throw checkFailed('BROKEN');
      return secretIn(readJson(await response.text()));
    },
  );

function secretIn(root: JsonText): Secret {
  const answer = root.members.get('data');
  const data = answer?.members.get('data');
  const version = answer?.members.get('metadata')?.members.get('version');
  // The marks of a deleted version are there, its data is not.
  if (data?.kind === 'null') throw checkFailed('NOT_FOUND');
  if (data?.kind !== 'object' || version?.kind !== 'number') throw checkFailed('BROKEN');
  return { data, version: version.source };
}
