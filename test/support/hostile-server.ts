import { createServer, type Socket } from 'node:net';
import type { Random } from './stream-random.ts';

/** What one connection of a scripted server says. */
export interface Script {
  /** Before it has heard anything. */
  readonly greeting?: Buffer;
  /** To what it heard, by how much it was told before. null: nothing more, it hangs up. */
  answer(heard: Buffer, turn: number): Buffer | null;
}

export interface HostileServer {
  readonly port: number;
  /** What the next connections get, and for how long the server bears a silence; 0: for ever, which an honest one does. */
  play(script: () => Script, silenceMs?: number): void;
  close(): Promise<void>;
}

/** Long enough for a driver to take in the last bytes. */
const HANG_UP_MS = 20;
/** A driver that says nothing for so long most likely waits for more. On a busy machine it may be at work. */
export const IMPATIENT_MS = 120;

/** Speaks as its script says, and hangs up when there is nothing more to say, or nobody speaks. */
export async function hostileServer(): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  let next: () => Script = () => ({ answer: () => null });
  let patience = 0;
  const server = createServer((socket) => {
    const { greeting, answer } = next();
    let turn = 0;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.setTimeout(patience, () => socket.destroy());
    socket.on('data', (heard: Buffer) => {
      const said = answer(heard, turn);
      turn += 1;
      if (said === null) setTimeout(() => socket.destroy(), HANG_UP_MS);
      else socket.write(said);
    });
    if (greeting) socket.write(greeting);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    play(script, silenceMs = 0) {
      [next, patience] = [script, silenceMs];
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff];

/** One of many ways to spoil bytes. */
function mutated(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const rest = bytes.subarray(at);
  const kind = random.below(7);
  if (kind === 0) return bytes.subarray(0, at);
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), randomBytes(random.below(64), random), rest]);
  if (kind === 2) return Buffer.concat([bytes.subarray(0, at), rest.subarray(random.below(8)), Buffer.alloc(0)]);
  if (kind === 3) return Buffer.concat([bytes, bytes.subarray(at)]);
  const copy = Buffer.from(bytes);
  // A length somewhere: two or four bytes that say the most, the least, or nothing.
  const width = kind === 4 ? 1 : kind === 5 ? 2 : 4;
  const value = random.pick(EXTREMES);
  for (let i = at; i < Math.min(at + width, copy.length); i += 1)
    copy[i] = random.chance(0.8) ? value : random.below(256);
  return copy;
}

const randomBytes = (length: number, random: Random): Buffer =>
  Buffer.from(Array.from({ length }, () => random.below(256)));

/** The script with one of the things it says spoilt. `note` is told when it says something else than it would have. */
export function spoilt(script: Script, turns: number, random: Random, note: () => void = () => {}): Script {
  const which = random.below(turns + (script.greeting ? 1 : 0)) - (script.greeting ? 1 : 0);
  const worse = (said: Buffer): Buffer => {
    const other = mutated(said, random);
    if (!other.equals(said)) note();
    return other;
  };
  return {
    ...(script.greeting ? { greeting: which === -1 ? worse(script.greeting) : script.greeting } : {}),
    answer(heard, turn) {
      const said = script.answer(heard, turn);
      return said !== null && turn === which ? worse(said) : turn > which + 4 ? null : said;
    },
  };
}
