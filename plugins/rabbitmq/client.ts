import { connect } from 'amqplib';
import { type CheckProblem, type PluginHost, percentEncoded } from '#plugin';
import { within } from '#plugin/attempt';
import { tlsNames } from '#plugin/server';
import type { Params } from './params.ts';

/** amqplib tells in words alone why the server shut the door: 403 is about who logs in. */
function codeOf(error: unknown): CheckProblem | null {
  if (!(error instanceof Error)) return null;
  if (/^Handshake terminated by server: 403\b/.test(error.message)) return 'CREDENTIALS';
  return /^Socket closed abruptly/.test(error.message) ? 'UNREACHABLE' : null;
}

function tlsOf({ tls, host, caCertificate: ca }: Params) {
  return tls ? tlsNames(host, ca) : {};
}

/** Logs in and opens the virtual host. */
export const check = (it: Params, host: PluginHost): Promise<void> =>
  within(host.signal, codeOf, async (signal) => {
    const port = it.tls ? it.tlsPort : it.port;
    const hostname = await host.addressOf(it.host, port);
    const { username, password } = it;
    const place = {
      protocol: it.tls ? 'amqps' : 'amqp',
      hostname,
      port,
      username,
      password,
      vhost: percentEncoded(it.vhost),
    };
    // They go to the socket as they are, which takes more than amqplib's types tell of.
    const socket = { noDelay: true, signal, ...tlsOf(it) };
    const connection = await connect(place, socket);
    connection.on('error', () => {});
    await connection.close();
  });
