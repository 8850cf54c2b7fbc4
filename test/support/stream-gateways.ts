import { join } from 'node:path';
import { type Built, type Environment, type Serving, serving, stopped } from './built.ts';
import { freePort } from './mongodb.ts';

/** Built gateways on one store, each on a port that it keeps when it starts again. */
export interface Gateways {
  readonly urls: readonly string[];
  /** kill -9, and up again once `pause` is over. */
  killAndStart(place: number, pause: () => Promise<void>): Promise<void>;
  readonly kills: () => number;
  /** What all of them wrote. */
  output(): string;
  stop(): Promise<void>;
}

export const TEAMS = ['default', 'other'] as const;

const ROOM = '100000';
const ENV: Environment = {
  KEYLOOM_DEVELOPMENT: 'true',
  KEYLOOM_PLUGINS: '',
  KEYLOOM_LOG_LEVEL: 'warn',
  KEYLOOM_LIMIT_STRANGERS_PER_ADDRESS: ROOM,
  KEYLOOM_LIMIT_SOCKETS_PER_DEPENDENT: ROOM,
  KEYLOOM_LIMIT_RATE_POINTS: '0',
  KEYLOOM_LIMIT_RATE_POINTS_DEPENDENT: '0',
  KEYLOOM_LIMIT_SOCKETS_PER_PRINCIPAL: ROOM,
  // However busy the machine is.
  KEYLOOM_LIMIT_SOCKET_INIT_MS: ROOM,
  KEYLOOM_LIMIT_DEADLINE_MS: ROOM,
  // So that those who do not read are told to come again within a short test.
  KEYLOOM_LIMIT_OUTGOING_EVENTS: '100',
  KEYLOOM_LIMIT_OUTGOING_BYTES: '65536',
};

/** As many as there are teams: the first start of each makes one. Answers the owners' tokens too. */
export async function startGateways(entry: string, dir: string, store: Environment) {
  const running: Serving[] = [];
  const ended: Built[] = [];
  const owners: string[] = [];
  let kills = 0;
  const start = async (place: number, port: string): Promise<void> => {
    const team = TEAMS[place] ?? '';
    // Each team has an owner of its own.
    const file = { KEYLOOM_OWNER_TOKEN_FILE: join(dir, `${team}.token`) };
    const env = { ...ENV, ...store, ...file, KEYLOOM_DATA: dir, KEYLOOM_PORT: port, KEYLOOM_TEAM: team };
    running[place] = await serving(entry, env);
  };
  for (const place of TEAMS.keys()) {
    await start(place, String(await freePort()));
    owners.push(/shown this once: (klm_u_\w+)$/m.exec(running[place]?.output() ?? '')?.[1] ?? '');
  }
  const urls = running.map(({ url }) => url);
  const gateways: Gateways = {
    urls,
    kills: () => kills,
    async killAndStart(place, pause) {
      const one = running[place];
      if (!one) throw new Error(`there is no gateway ${place}`);
      await stopped(one, 'SIGKILL');
      ended.push(one);
      kills += 1;
      await pause();
      await start(place, new URL(one.url).port);
    },
    output: () => [...ended, ...running].map(({ output }) => output()).join('\n'),
    async stop() {
      for (const each of running) if (each.process.exitCode === null) await stopped(each, 'SIGKILL');
    },
  };
  return { gateways, owners };
}
