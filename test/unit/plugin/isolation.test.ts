import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createReach } from '../../../src/net/reach.ts';
import type { LoadRequest } from '../../../src/plugin/load.ts';
import type { LoadedPlugin } from '../../../src/plugin/plugin.ts';
import { collectingLog } from '../../support/http-app.ts';
import { httpStub } from '../../support/http-stub.ts';
import { answering, aPlugin, type PluginFolder, pluginFolder } from '../../support/plugin-folder.ts';

const CANARY = 'hunter2canary';
let folder: PluginFolder;
let count = 0;
beforeAll(() => {
  folder = pluginFolder();
});
afterAll(() => folder.close());

/** A plugin whose `values` have this body. */
function plugin(body: string, over: Partial<LoadRequest> = {}, before = ''): Promise<LoadedPlugin> {
  count += 1;
  return folder.one(`p-${count}`, answering(`p-${count}`, body, before), over);
}
const ask = (it: LoadedPlugin, params: object = {}) => it.values({ id: 'it', params });
/** The one value, or why there is none. */
const outcome = (it: LoadedPlugin, params: object = {}) =>
  ask(it, params).then(
    (values) => (values instanceof Map ? values.get('A') : values),
    (error: { readonly reason: string }) => `failed: ${error.reason}`,
  );
const evaluating = (expression: string): string =>
  `try { return new Map([['A', String(await (async () => ${expression})())]]); }
   catch (error) { return new Map([['A', 'refused ' + (error.code ?? error.name)]]); }`;
const evaluated = (expression: string, over: Partial<LoadRequest> = {}, before = '') =>
  plugin(evaluating(expression), over, before).then(outcome);

/** One process for bodies that leave nothing behind in it: `params.what` names the one that runs. */
function oneOf(bodies: readonly (readonly [what: string, body: string, ...unknown[]])[]): Promise<LoadedPlugin> {
  const functions = bodies.map(([what, body]) => `${JSON.stringify(what)}: async () => { ${body} }`);
  return plugin(`return await ({ ${functions.join(',\n')} })[params.what]();`);
}

/** Waits as long as it takes on a busy machine. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isSo(); await sleep(20)) {
    if (Date.now() > end) throw new Error('it never came about');
  }
}

describe('a plugin in a process of its own', () => {
  const GIVES = [
    ['nothing', 'return undefined;', null],
    ['NaN', 'return NaN;', null],
    ['an object', "return { A: 'a' };", null],
    ['a Proxy', 'return new Proxy(new Map(), { get() { throw 1; } });', 'failed: FAILED'],
    ['a number', "return new Map([['A', 7]]);", null],
    ['no value', "return new Map([['B', 'b']]);", undefined],
    ['a throw', 'throw new Error(params.secret);', 'failed: FAILED'],
    ['a lone surrogate', "return new Map([['A', '\\ud800']]);", '\ud800'],
  ] as const;
  const SPOILS = [
    ['a patched Map', "Map.prototype.get = () => ({}); return new Map([['A', 'a']]);", null],
    ['a patched JSON', "JSON.stringify = () => 'x'; return new Map([['A', 'a']]);", 'failed: FAILED'],
  ] as const;
  let giving: LoadedPlugin;
  beforeAll(async () => {
    giving = await oneOf(GIVES);
  });

  it.each(GIVES)('case 183: gives %s', async (what, _body, expected) => {
    expect(await outcome(giving, { what, secret: CANARY })).toBe(expected);
  });

  it.each(SPOILS)('case 183: gives %s', async (_what, body, expected) => {
    expect(await outcome(await plugin(body), { secret: CANARY })).toBe(expected);
  });

  it('case 184: an endless loop ends with its deadline, holds up nobody, and is started again', async () => {
    const body = "if (params.loop) for (;;); return new Map([['A', 'alive']]);";
    const looping = await plugin(body, { deadlineMs: 1_500 });
    const other = await plugin("return new Map([['A', 'other']]);");
    const late = outcome(looping, { loop: true });
    await sleep(700);
    const beside = outcome(looping);
    expect(await outcome(other)).toBe('other');
    expect(await late).toBe('failed: TIMEOUT');
    // What was asked behind it goes down with it.
    expect(await beside).toBe('failed: FAILED');
    let last: unknown;
    while (last !== 'alive') {
      last = await outcome(looping);
      expect(['alive', 'failed: FAILED']).toContain(last);
      await sleep(20);
    }
  });

  it('case 185: one that takes more memory than allowed dies alone', async () => {
    const bounds = { maxBytes: 1_000_000, maxValueBytes: 60_000, maxMemoryBytes: 160 * 1_048_576 };
    // It stays as large as it became, and is looked at now and then.
    const body =
      'const all = []; for (let i = 0; i < 8; i++) { all.push(Buffer.alloc(64 * 1048576, 1)); await new Promise((r) => setTimeout(r, 5)); } await new Promise(() => {});';
    expect(await outcome(await plugin(body, { bounds, deadlineMs: 20_000 }))).toBe('failed: FAILED');
    const heap = "const all = []; for (;;) all.push({ text: 'x'.repeat(1000) + all.length });";
    expect(await outcome(await plugin(heap, { bounds, deadlineMs: 20_000 }))).toBe('failed: FAILED');
  });

  it('case 186: too much is left where it is', async () => {
    const bounds = { maxBytes: 1_000, maxValueBytes: 100, maxMemoryBytes: 512 * 1_048_576 };
    const big = await plugin("return new Map([['A', 'x'.repeat(100 * 1048576)]]);", { bounds });
    expect(String(await outcome(big))).toBe('Symbol(too large)');
    const forged = `import { writeSync } from 'node:fs';
      const frame = Buffer.alloc(4); frame.writeUInt32BE(2 ** 31); writeSync(3, frame);`;
    expect(
      await outcome(await plugin(`${forged.split('\n')[1]} return new Map();`, { bounds }, forged.split('\n')[0])),
    ).toBe('failed: FAILED');
    const many =
      "return new Map([...Array.from({ length: 1e6 }, (_, i) => ['K' + i, 'x']), ['__proto__', 'x'], ['A', 'a']]);";
    expect(await ask(await plugin(many))).toEqual(new Map([['A', 'a']]));
  });
});

describe('case 187: a plugin finds', () => {
  const FINDS = [
    ['no environment', 'Object.keys(process.env).join()', 'NODE_ENV'],
    ['no arguments that tell', "process.argv.join().includes('root')", 'false'],
    ['no files', "(await import('node:fs')).readFileSync('/etc/hostname')", 'refused ERR_ACCESS_DENIED'],
    ['no sources', "(await import('node:fs')).readFileSync(process.cwd() + 'work')", 'refused ERR_ACCESS_DENIED'],
    ['nothing to write to', "(await import('node:fs')).writeFileSync('/tmp/x', '')", 'refused ERR_ACCESS_DENIED'],
    ['no processes', "(await import('node:child_process')).execSync('id')", 'refused ERR_ACCESS_DENIED'],
    [
      'no workers',
      "new (await import('node:worker_threads')).Worker('1', { eval: true })",
      'refused ERR_ACCESS_DENIED',
    ],
    ['no signals', "process.kill(process.ppid, 'SIGKILL')", 'refused UNAVAILABLE'],
    [
      'no way to the gateway`s code',
      `import('${join(process.cwd(), 'dist/src/app/app.js')}')`,
      'refused ERR_ACCESS_DENIED',
    ],
    ['no bindings', "process.binding('tcp_wrap')", 'refused ERR_ACCESS_DENIED'],
    [
      'no datagrams',
      "(await import('node:dgram')).createSocket('udp4').send('x', 53, '127.0.0.1')",
      'refused UNAVAILABLE',
    ],
    ['no servers', "(await import('node:net')).createServer().listen(0)", 'refused UNAVAILABLE'],
    ['no server of names of its own', "(await import('node:dns')).setServers(['127.0.0.1:53'])", 'refused UNAVAILABLE'],
    ['no resolver of its own', "new (await import('node:dns')).Resolver()", 'refused TypeError'],
    ['nor one that promises', "new (await import('node:dns/promises')).Resolver()", 'refused TypeError'],
    ['no inspector', "(await import('node:inspector')).open(0)", 'refused ERR_ACCESS_DENIED'],
    ['no reports to write', "process.report.writeReport('/tmp/x')", 'refused ERR_ACCESS_DENIED'],
    [
      'no way around by a path',
      `(await import('node:fs')).readFileSync('${join(process.cwd(), 'dist/src/plugin/../app/app.js')}')`,
      'refused ERR_ACCESS_DENIED',
    ],
    ['no fetch of its own', "fetch('http://169.254.169.254/')", 'refused UNAVAILABLE'],
  ] as const;
  let finding: LoadedPlugin;
  beforeAll(async () => {
    finding = await oneOf(FINDS.map(([what, expression]) => [what, evaluating(expression)] as const));
  });

  it.each(FINDS)('%s', async (what, _expression, expected) => {
    expect(await outcome(finding, { what })).toBe(expected);
  });

  it('no prototype of the gateway that it could spoil', async () => {
    const body = "Object.prototype.isAdmin = true; globalThis.JSON.parse = () => 0; return new Map([['A', 'a']]);";
    expect(await outcome(await plugin(body))).toBe('a');
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('no parameters of another', async () => {
    const shared =
      "globalThis.seen = (globalThis.seen ?? '') + params.secret; return new Map([['A', globalThis.seen]]);";
    const [mine, other] = [await plugin(shared), await plugin(shared)];
    await outcome(mine, { secret: 'mine' });
    expect(await outcome(other, { secret: 'other' })).toBe('other');
  });
});

it('case 188: a plugin is lent what it needs for the instance that it is asked for, and nothing of anything else', async () => {
  const names = '(it) => Reflect.ownKeys(it).map(String).sort().join()';
  const start = `({ async values(instance) {
    const names = ${names};
    return new Map([['A', [names(instance), names(instance.params), names(host), typeof this.team].join(' ')]]); } })`;
  count += 1;
  const asked = await folder.one(`p-${count}`, aPlugin(`p-${count}`, '', start));
  expect(await outcome(asked, { secret: 'x' })).toBe('id,params secret addressOf,clock,fetch,log,signal undefined');
});

describe('case 187: the network of a plugin is what the operator allows', () => {
  const servers: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });
  async function aServer() {
    let requests = 0;
    const stub = await httpStub((_request, response) => {
      requests += 1;
      response.end('served');
    });
    servers.push(stub);
    return { port: Number(new URL(stub.url).port), host: stub.host, requests: () => requests };
  }
  const raw = (host: string, port: number): string =>
    `new Promise((done, fail) => { const socket = net.connect(${port}, '${host}'); socket.on('error', fail);
      socket.on('connect', () => { socket.destroy(); done('connected'); }); })`;
  const http = (url: string): string =>
    `new Promise((done, fail) => http.get('${url}', (response) => done(response.statusCode)).on('error', fail))`;
  const imports = "import net from 'node:net'; import http from 'node:http'; let host;";

  it.each(['127.0.0.1', 'localhost', '::ffff:127.0.0.1'])('%s is refused, however it is asked', async (name) => {
    const { port, requests } = await aServer();
    const host = name.includes(':') ? `[${name}]` : name;
    expect(await evaluated(raw(name, port), {}, imports)).toBe('refused UNAVAILABLE');
    expect(await evaluated(http(`http://${host}:${port}/`), {}, imports)).toBe('refused UNAVAILABLE');
    expect(requests()).toBe(0);
  });

  it('an allowed host is reached by host.fetch, by an address that was lent, and by a driver', async () => {
    const { port, host, requests } = await aServer();
    const reach = createReach([host]);
    expect(await evaluated(http(`http://${host}/`), { reach }, imports)).toBe('200');
    const start = `({ async values() {
      const answer = await (await host.fetch('http://${host}/')).text();
      const address = await host.addressOf('127.0.0.1', ${port});
      return new Map([['A', answer + ' ' + address]]); } })`;
    count += 1;
    const lent = await folder.one(`p-${count}`, aPlugin(`p-${count}`, '', start), { reach });
    expect(await outcome(lent)).toBe('served 127.0.0.1');
    expect(requests()).toBe(2);
    expect(await evaluated(raw('127.0.0.1', port + 1), { reach }, imports)).toBe('refused UNAVAILABLE');
  });
});

describe('case 189: what a plugin says', () => {
  it('holds nothing that it was given or gave, on any way out', async () => {
    const { log, lines } = collectingLog();
    count += 1;
    const id = `p-${count}`;
    const start = `({ async values({ params }) {
      const s = params.list[0].secret;
      host.log.warn('log ' + s + ' ' + options.key, { field: s, [s]: 1 });
      process.stdout.write('out ' + s + ' ' + encodeURIComponent(s) + ' ' + Buffer.from(s).toString('hex') + '\\n');
      console.error('err ' + Buffer.from('user:' + s).toString('base64') + JSON.stringify(s) + '\\nfetched value\\n');
      process.stdout.write('x'.repeat(10000) + s + '\\n');
      await new Promise((done) => setTimeout(done, 20));
      return new Map([['A', 'fetched value']]); } })`;
    const text = aPlugin(id, 'options: z.strictObject({ key: z.string() })', start);
    const options = new Map([[id, { key: `${CANARY} option` }]]);
    const talking = await folder.one(id, text, { log, options });
    const secret = `${CANARY}/"ä\n second line of it`;
    expect(await outcome(talking, { list: [{ secret }] })).toBe('fetched value');
    const all = ['log ', 'out ', 'err ', 'a line that was too long'];
    await until(() => all.every((part) => lines.some(({ message }) => message.includes(part))));
    const said = JSON.stringify(lines);
    const core = Buffer.from(CANARY).toString('base64').slice(3, 12);
    for (const hidden of [CANARY, 'second line', core, Buffer.from(CANARY).toString('hex')]) {
      expect(said).not.toContain(hidden);
    }
    expect(said).toContain('log [redacted]');
  });

  it('is short, and not more than so much a minute', async () => {
    const { log, lines } = collectingLog();
    count += 1;
    const start = `({ async values() { for (let i = 0; i < 1000; i++) host.log.info('x'.repeat(5000) + '\\nforged'); return new Map([['A', 'a']]); } })`;
    const id = `p-${count}`;
    const clock = () => new Date(0);
    const talking = await folder.one(id, aPlugin(id, '', start), { log, clock });
    for (let i = 0; i < 3; i += 1) await outcome(talking);
    expect(lines.length).toBe(121);
    expect(lines[120]?.message).toBe('A plugin logs too much; the rest of the minute is dropped');
    for (const { message } of lines) expect(message.length).toBeLessThan(600);
  });
});

describe('a plugin`s process', () => {
  it('ends with the gateway, however that ends, even in an endless loop', async () => {
    folder.write('orphan/index.js', answering('orphan', 'for (;;);', "console.log('pid ' + process.pid);"));
    const program = `
      const { loadPlugins } = await import(${JSON.stringify(join(process.cwd(), 'dist/src/plugin/load.js'))});
      const { createReach } = await import(${JSON.stringify(join(process.cwd(), 'dist/src/net/reach.js'))});
      const say = (line) => console.log(line);
      const log = { debug: say, info: say, warn: say, error: say };
      const plugins = await loadPlugins({ names: ['orphan'], options: new Map(), directory: new URL(${JSON.stringify(folder.directory.href)}),
        log, clock: () => new Date(), reach: createReach([]), deadlineMs: 600000 });
      plugins.byId.get('orphan').values({ id: 'it', params: {} }).catch(() => {});
      console.log('asked'); setInterval(() => {}, 1000);`;
    const gateway = spawn(process.execPath, ['--input-type=module', '-e', program]);
    let said = '';
    gateway.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until(() => said.includes('asked') && /pid \d+/.test(said));
    const pid = Number(/pid (\d+)/.exec(said)?.[1]);
    const isAlive = () => existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    expect(isAlive()).toBe(true);
    gateway.kill('SIGKILL');
    await until(() => !isAlive());
  });

  it('of a shipped external addon is started when it is first asked, and not before', async () => {
    const server = createHttpServer((_request, response) => response.end('{"a":"b"}'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { readonly port: number };
    const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const before = new Set(children());
    const added = () => children().filter((pid) => !before.has(pid)).length;
    const reach = createReach([`127.0.0.1:${port}`]);
    const plugins = await folder.load({ names: ['http-json'], directory: null, reach });
    expect(added()).toBe(0);
    const values = await plugins.byId
      .get('http-json')
      ?.values({ id: 'it', params: { url: `http://127.0.0.1:${port}/` } });
    expect(values).toEqual(new Map([['DOCUMENT', '{"a":"b"}']]));
    expect(added()).toBe(1);
    server.close();
  });
});
