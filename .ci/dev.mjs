// The gateway in development mode; built and started again whenever a source changes. A build that fails changes nothing.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

const MAIN = 'dist/src/main.js';
const SOURCES = ['src', 'plugins'];
const QUIET_MS = 200;

const newest = (folder) =>
  Math.max(...readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, name)).mtimeMs));
const isStale = () => !existsSync(MAIN) || statSync(MAIN).mtimeMs < Math.max(...SOURCES.map(newest));

function build() {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  return status === 0;
}

let gateway = null;
let ending = false;

function start() {
  const env = { ...process.env, KEYLOOM_DEVELOPMENT: 'true' };
  const started = spawn(process.execPath, [MAIN], { stdio: 'inherit', env });
  started.on('exit', (code) => {
    // One that ends by itself says why, and waits for a change.
    if (gateway === started) gateway = null;
    if (ending) process.exit(code ?? 0);
  });
  gateway = started;
}

async function restart() {
  if (!build() || ending) return;
  const before = gateway;
  if (before) {
    gateway = null;
    before.kill('SIGTERM');
    await once(before, 'exit');
  }
  if (!ending) start();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    ending = true;
    if (gateway === null) process.exit(0);
    gateway.kill(signal);
  });
}

if (isStale() && !build()) process.exit(1);
start();
let timer = null;
let work = Promise.resolve();
const changed = () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    work = work.then(restart);
  }, QUIET_MS);
};
for (const folder of SOURCES) watch(folder, { recursive: true }, changed);
