import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { BEATS, IS_OFF, type Watched } from './watchdog.ts';

const { shared, blockedMs } = workerData as Watched;
const TICK_MS = 1_000;
const STANDARD_ERROR = 2;

let seen = -1;
let ticks = 0;
// Counts its own ticks and not the time: a machine that slept, or was stopped, was not blocked.
setInterval(
  () => {
    const beats = Atomics.load(shared, BEATS);
    ticks = beats === seen ? ticks + 1 : 0;
    seen = beats;
    if (ticks * TICK_MS < blockedMs || Atomics.load(shared, IS_OFF) === 1) return;
    const ms = Math.round(ticks * TICK_MS);
    writeSync(STANDARD_ERROR, `${JSON.stringify({ level: 'fatal', msg: 'The event loop is blocked', ms })}\n`);
    process.kill(process.pid, 'SIGKILL');
  },
  Math.min(TICK_MS, blockedMs),
);
