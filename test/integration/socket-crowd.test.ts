import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startApp, type TestApp } from '../support/start-app.ts';

const CLIENTS = 150;
/** Of those who are let in at the same time, and a few of a slice that began before. */
const MAX_IN_A_TURN = 40;

let app: TestApp;
let asked = 0;
beforeAll(async () => {
  app = await startApp({
    limits: { socketsPerPrincipal: 1_000, strangersPerAddress: 1_000, strangers: 1_000 },
    // Each takes a while, on whatever machine.
    onRequest: () => {
      asked += 1;
      for (const end = performance.now() + 1; performance.now() < end; );
    },
  });
});
afterAll(() => app.close());

/** The most that were asked for between two turns of the event loop, until `until`. */
async function mostInATurn(until: Promise<unknown>): Promise<number> {
  let isOver = false;
  void until.then(() => {
    isOver = true;
  });
  let most = 0;
  for (let before = asked; !isOver; before = asked) {
    await new Promise((done) => setImmediate(done));
    most = Math.max(most, asked - before);
  }
  return most;
}

/** One who asks for server-sent events, of whom everything is there but what they ask. */
async function anAsker(): Promise<Socket> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  // Taken up by the server: one that is not yet comes one in a turn in any case.
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

const answers = (sockets: readonly WebSocket[]) => Promise.all(sockets.map((socket) => once(socket, 'message')));

describe('many who come at the same time', () => {
  it('are signed in and begun a few at a time, and everybody else has a turn between them', async () => {
    const url = `${app.url.replace('http', 'ws')}/graphql`;
    const sockets = Array.from({ length: CLIENTS }, () => new WebSocket(url, 'graphql-transport-ws'));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    const say = async (message: object): Promise<number> => {
      const told = answers(sockets);
      for (const socket of sockets) socket.send(JSON.stringify(message));
      const most = await mostInATurn(told);
      await told;
      return most;
    };
    const payload = { authorization: `Bearer ${app.owner}` };
    expect(await say({ type: 'connection_init', payload })).toBeLessThanOrEqual(MAX_IN_A_TURN);
    expect(asked).toBe(CLIENTS);
    const query = { id: '1', type: 'subscribe', payload: { query: '{ viewer { id } }' } };
    expect(await say(query)).toBeLessThanOrEqual(MAX_IN_A_TURN);
    expect(asked).toBe(2 * CLIENTS);
    for (const socket of sockets) socket.terminate();
  });

  it('are so over server-sent events as well', async () => {
    const askers = await Promise.all(Array.from({ length: CLIENTS }, anAsker));
    const before = asked;
    const body = JSON.stringify({ query: 'subscription { changes(project: null) { __typename } }' });
    const head = `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${app.owner}\r\naccept: text/event-stream\r\n`;
    const text = `${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const told = Promise.all(askers.map((asker) => once(asker, 'data')));
    for (const asker of askers) asker.write(text);
    expect(await mostInATurn(told)).toBeLessThanOrEqual(MAX_IN_A_TURN);
    expect(asked - before).toBe(CLIENTS);
    const lines = (await told).map(([data]) => String(data).split('\r\n')[0]);
    expect(new Set(lines)).toEqual(new Set(['HTTP/1.1 200 OK']));
    for (const asker of askers) asker.destroy();
  });
});
