import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isIP, Socket } from 'node:net';
import { plainHost } from '../net/allowed.ts';
import type { Reach } from '../net/reach.ts';
import { refused } from '../net/reach.ts';

/** What a plugin's process gives up before any code of the plugin runs. It is a second line: the first is that there is nothing here to take. */

const forbid = (what: string) => () => {
  throw refused(what);
};

/** Signals to other processes, datagrams, servers, and the fetch that nobody guards. */
export function giveUp(): void {
  // Node has read it by now.
  delete process.env.NODE_EXTRA_CA_CERTS;
  const require = createRequire(import.meta.url);
  const noSignals = forbid('no signals from here');
  Object.assign(process, { kill: noSignals, _kill: noSignals, abort: noSignals, dlopen: forbid('no native code') });
  const datagram = require('node:dgram').Socket.prototype;
  for (const name of ['bind', 'connect', 'send', 'sendto']) datagram[name] = forbid('no datagrams from here');
  const servers = require('node:net').Server.prototype;
  servers.listen = forbid('no servers here');
  // Who chooses the server of names sends datagrams to where he likes.
  for (const dns of [require('node:dns'), require('node:dns/promises')]) {
    Object.assign(dns, {
      setServers: forbid('no other servers of names'),
      Resolver: forbid('no other servers of names'),
    });
  }
  Object.assign(globalThis, { fetch: forbid('use host.fetch'), WebSocket: undefined, EventSource: undefined });
  syncBuiltinESMExports();
}

export interface SocketGuard {
  /** To be lent to the plugin. */
  readonly reach: Reach;
  /** Closes every connection, and takes back what was lent. */
  settle(): void;
}

/**
 * Lets every TCP connection of this process, a driver's too, go only where the operator allows. `isStrict`: only to places that
 * were lent by name or address since the last `settle`, so that no server can send a driver elsewhere.
 */
export function guardSockets(reach: Reach, isStrict: boolean): SocketGuard {
  const lent = new Set<string>();
  const sockets = new Set<Socket>();
  const lend = (host: string, port: number): void => {
    if (lent.size > 10_000) lent.clear();
    lent.add(placeOf(host, port));
  };
  const mayConnect = (host: string, port: number): boolean => {
    if (isStrict || lent.has(placeOf(host, port))) return lent.has(placeOf(host, port));
    // The look-up of a name is guarded by itself.
    return isIP(host) === 0 || reach.isNamed(host, port) || reach.isOpen(host, port);
  };
  const connect = Socket.prototype.connect;
  const guarded = function (this: Socket, ...given: unknown[]): Socket {
    const [options, done] = normalised(given);
    if (typeof options.path === 'string') throw refused('no local sockets');
    const host = typeof options.host === 'string' && options.host !== '' ? options.host : 'localhost';
    const port = Number(options.port);
    if (!mayConnect(host, port)) throw refused('a private address');
    if (isStrict) {
      sockets.add(this);
      this.once('close', () => sockets.delete(this));
    }
    const lookup = isIP(host) === 0 ? { lookup: reach.lookupFor(host, port), autoSelectFamily: false } : {};
    return connect.call(this, { ...options, host, port, ...lookup } as never, done as never);
  };
  Socket.prototype.connect = guarded as never;
  return {
    reach: {
      ...reach,
      lookupFor(host, port) {
        lend(host, port);
        return reach.lookupFor(host, port);
      },
      async addressOf(host, port) {
        const address = await reach.addressOf(host, port);
        lend(address, port);
        return address;
      },
    },
    settle() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      lent.clear();
    },
  };
}

const placeOf = (host: string, port: number): string => `${plainHost(host)} ${port}`;

/** As `connect` takes them: options, or port and host, or what another `connect` made of them. */
function normalised(given: readonly unknown[]): readonly [Readonly<Record<string, unknown>>, unknown] {
  const args = Array.isArray(given[0]) ? (given[0] as readonly unknown[]) : given;
  const done = args.findLast((each) => typeof each === 'function');
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) return [{ ...first } as Record<string, unknown>, done];
  if (typeof first === 'string' && !/^\d+$/.test(first)) return [{ path: first }, done];
  return [{ port: Number(first), host: typeof second === 'string' ? second : 'localhost' }, done];
}
