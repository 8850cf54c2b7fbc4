import { freePort } from '../mongodb.ts';
import { answering, ended, placeFor, programOf } from './process.ts';

/** No registry has it, so its absence is never an error: the wire shape is tested with a stub as well. */
export function hasBao(): boolean {
  if (programOf('bao')) return true;
  process.stdout.write('OpenBao for tests: no bao on the PATH\n');
  return false;
}

export interface Bao {
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** A development server with one secret under `secret/`. */
export async function startBao(path: string, data: object): Promise<Bao> {
  const place = await placeFor('root');
  const url = `http://127.0.0.1:${await freePort()}`;
  const token = 'the-root-token';
  const address = `-dev-listen-address=${new URL(url).host}`;
  const child = place.start(programOf('bao') ?? '', ['server', '-dev', `-dev-root-token-id=${token}`, address]);
  const write = async (): Promise<void> => {
    const headers = { 'x-vault-token': token };
    const answer = await fetch(`${url}/v1/secret/data/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ data }),
    });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  };
  const stop = async (): Promise<void> => {
    await ended(child, 'SIGKILL');
    await place.remove();
  };
  try {
    await answering(child, write);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, token, stop };
}
