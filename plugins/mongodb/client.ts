import { isIP } from 'node:net';
import { MongoClient, MongoNetworkTimeoutError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { type CheckProblem, checkFailed, type PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { adminOf, type Login, type Reach, tlsNames } from '#plugin/server';
import { membersOf, nameOf, type Params } from './params.ts';

/** AuthenticationFailed, Unauthorized, and what stands-in answer for a user that is not there. */
const CREDENTIALS = new Set([11, 13, 18, 8000]);

function codeOf(error: unknown): CheckProblem | null {
  if (error instanceof MongoServerError) return CREDENTIALS.has(Number(error.code)) ? 'CREDENTIALS' : 'FAILED';
  if (error instanceof MongoServerSelectionError) return codeOf(error.cause);
  return error instanceof MongoNetworkTimeoutError ? 'TIMEOUT' : null;
}

function tlsOf({ tls, caCertificate: ca }: Params, name: string) {
  return tls ? { tls, ...tlsNames(name, ca) } : { tls };
}

/** Asks one member, and nobody that it tells of. */
async function ask(it: Params, member: string, auth: Login, { addressOf, signal }: Reach): Promise<void> {
  const [name, port] = [nameOf(member).replace(/^\[(.*)\]$/, '$1'), Number(/\d+$/.exec(member)?.[0])];
  const address = await addressOf(name, port);
  const place = isIP(address) === 6 ? `[${address}]` : address;
  const client = new MongoClient(`mongodb://${place}:${port}/`, {
    directConnection: true,
    auth,
    authSource: it.authSource,
    ...tlsOf(it, name),
    maxPoolSize: 1,
    // Longer than ours, which ends it all.
    serverSelectionTimeoutMS: 10_000,
    connectTimeoutMS: 10_000,
    retryReads: false,
    appName: 'keyloom',
  });
  const end = (): void => void client.close(true).catch(() => {});
  signal.addEventListener('abort', end);
  // The driver would try again until its time is over; here the first failure is the answer.
  const failure = new Promise<never>((_, reject) =>
    client.once('serverHeartbeatFailed', (event) => reject(event.failure)),
  );
  try {
    await Promise.race([client.db(it.database).command({ ping: 1 }), failure]);
  } finally {
    signal.removeEventListener('abort', end);
    await client.close(true).catch(() => {});
  }
}

/** One member is enough; where none will do, what most is to be learnt from counts. */
const TELLING: readonly CheckProblem[] = ['TLS', 'FAILED', 'TIMEOUT', 'UNREACHABLE', 'REFUSED'];

async function askAny(it: Params, login: Login, way: Reach): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([way.signal, stop.signal]);
  const answers = membersOf(it).map((member) =>
    within(signal, codeOf, (ended) => ask(it, member, login, { ...way, signal: ended })),
  );
  // All members know the same users: the first that refuses speaks for the others.
  const refusal = new Promise<never>((_, reject) => {
    for (const answer of answers) answer.catch((error) => error.code === 'CREDENTIALS' && reject(error));
  });
  try {
    await Promise.race([refusal, Promise.any(answers)]);
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    const codes = error.errors.map(({ code }) => code as CheckProblem);
    throw checkFailed(TELLING.find((code) => codes.includes(code)) ?? 'FAILED');
  } finally {
    stop.abort();
    await Promise.allSettled(answers);
  }
}

/** Logs in as the user, and as the administrator if there is one, at any of the members. */
export const check = (it: Params, host: PluginHost): Promise<void> =>
  within(host.signal, codeOf, async (signal) => {
    const { username, password } = it;
    const way = { addressOf: host.addressOf, signal };
    await askAny(it, { username, password }, way);
    const admin = adminOf(it);
    if (admin) await askAny(it, admin, way);
  });
