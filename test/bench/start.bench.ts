import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Processor time until the gateway listens, and what `--version` takes, of each entry given (this build by default; more to
 * compare builds) in turns with bare Node: `tsx test/bench/start.bench.ts dist/src/main.js ../other/dist/src/main.js`.
 */
const given = process.argv.slice(2);
const entries = given.length > 0 ? given : ['dist/src/main.js'];
const ROUNDS = 5;
const TICK_MS = 10;
/** Has a process say at its end what it took, itself included. */
const TELL = `data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();console.error('cpu',(user+system)/1000)})`;

/** Processor milliseconds of a living process with its threads, as the kernel counts them. */
function cpuOf(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function listening(entry: string): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), 'keyloom-bench-start-'));
  const env = { ...process.env, KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_DATA: data, KEYLOOM_PORT: '0' };
  const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  await new Promise<void>((found, failed) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.includes('listens on') && found());
    child.once('close', () => failed(new Error(`${entry} ended before it listened`)));
  });
  const spent = cpuOf(child);
  child.kill('SIGTERM');
  await ended;
  rmSync(data, { recursive: true, force: true });
  return spent;
}

async function toTheEnd(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--import', TELL, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  await new Promise((done) => child.once('close', done));
  return Number(/cpu (\S+)/.exec(told)?.[1]);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const rows: readonly { readonly name: string; readonly run: () => Promise<number>; readonly spent: number[] }[] = [
  { name: 'bare node', run: () => toTheEnd(['--eval', '0']), spent: [] },
  ...entries.flatMap((entry) => [
    { name: `${entry} --version`, run: () => toTheEnd([entry, '--version']), spent: [] },
    { name: `${entry} run --help`, run: () => toTheEnd([entry, 'run', '--help']), spent: [] },
    { name: `${entry} until it listens`, run: () => listening(entry), spent: [] },
  ]),
];
for (let round = 0; round < ROUNDS; round += 1) for (const { run, spent } of rows) spent.push(await run());
for (const { name, spent } of rows) {
  process.stdout.write(`${Math.round(median(spent)).toString().padStart(6)} ms of processor time, median  ${name}\n`);
}
