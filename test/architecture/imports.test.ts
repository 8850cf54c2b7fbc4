import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What every noun may use. */
const NOUN = [
  'kernel/',
  'domain/',
  'input/',
  'dialects/',
  'store/port.ts',
  'keys/keys.ts',
  'vault/',
  'access/',
  'audit/',
  'streams/stream.ts',
  'streams/alike.ts',
  'streams/topics.ts',
  'graphql/types/services.ts',
  'modules/',
];

/**
 * Who may import whom, as a table; the first line that matches a file counts, and a file that none matches fails.
 * `own`: files of src/, as prefixes. `packages`: what comes from npm or Node (`node:` stands for all of Node).
 */
/** What a store keeps beside documents, and how it is checked by whoever has the keys. */
const AUTHENTICATION = ['store/port.ts', 'store/chain.ts', 'store/heads.ts', 'store/set-hash.ts'] as const;

const LAYERS: readonly {
  readonly files: RegExp;
  readonly own: readonly string[];
  readonly packages: readonly string[];
}[] = [
  { files: /^kernel\/recent\.ts$/, own: [], packages: ['lru-cache'] },
  { files: /^kernel\//, own: ['kernel/'], packages: [] },
  { files: /^files\//, own: ['files/'], packages: ['node:'] },
  { files: /^domain\//, own: ['kernel/', 'domain/'], packages: [] },
  { files: /^crypto\/pkcs12\.ts$/, own: ['kernel/', 'crypto/'], packages: ['node:', 'node-forge'] },
  { files: /^crypto\//, own: ['kernel/', 'crypto/', 'store/port.ts'], packages: ['node:'] },
  {
    files: /^store\/embedded\/lock\.ts$/,
    own: ['kernel/', 'store/', 'files/'],
    packages: ['node:'],
  },
  {
    files: /^store\/embedded\/(lmdb-engine|directory|copy)\.ts$/,
    own: ['kernel/', 'store/'],
    packages: ['node:', 'lmdb'],
  },
  { files: /^store\/embedded\//, own: ['kernel/', 'store/'], packages: ['node:'] },
  { files: /^store\/mongo\//, own: ['kernel/', 'store/'], packages: ['node:', 'mongodb'] },
  { files: /^store\/open\.ts$/, own: ['kernel/', 'store/'], packages: [] },
  {
    files: /^store\//,
    own: [
      'kernel/',
      ...AUTHENTICATION,
      'store/keys.ts',
      'store/kept.ts',
      'store/relief.ts',
      'store/plan.ts',
      'store/next-heads.ts',
      'store/tree.ts',
      'store/lineage.ts',
    ],
    packages: ['node:'],
  },
  { files: /^input\//, own: ['kernel/', 'domain/', 'input/'], packages: ['zod'] },
  {
    files: /^keys\//,
    own: ['kernel/', 'crypto/', ...AUTHENTICATION, 'store/format.ts', 'keys/'],
    packages: ['node:crypto', 'zod'],
  },
  {
    files: /^vault\//,
    own: ['kernel/', 'crypto/', ...AUTHENTICATION, 'vault/', 'keys/keys.ts'],
    packages: ['node:crypto', 'lru-cache'],
  },
  { files: /^audit\//, own: ['kernel/', 'domain/', 'audit/'], packages: [] },
  {
    files: /^access\//,
    own: ['kernel/', 'domain/', 'crypto/tokens.ts', 'input/', 'keys/keys.ts', 'store/port.ts', 'vault/', 'access/'],
    packages: ['node:crypto', 'node:net', 'zod'],
  },
  {
    files: /^streams\//,
    own: ['kernel/', 'store/port.ts', 'vault/', 'access/', 'audit/', 'streams/'],
    packages: ['node:crypto', 'node:timers/promises', 'lru-cache'],
  },
  // What the house must know of a noun: made of any ground.
  {
    files: /^modules\/([a-z-]+\/)?slice\.ts$/,
    own: [
      ...NOUN,
      'keys/',
      'crypto/',
      'store/',
      'graphql/types/',
      'rest/route.ts',
      'git/port.ts',
      'net/guarded-fetch.ts',
      'net/reach.ts',
      'plugin/plugin.ts',
    ],
    packages: [],
  },
  // Describes bodies by the rules that they will be judged by.
  {
    files: /^modules\/[a-z-]+\/rest(-[a-z]+)?\.ts$/,
    own: ['kernel/', 'domain/layer.ts', 'input/rules.ts', 'graphql/types/ids.ts', 'rest/', 'modules/'],
    packages: ['zod'],
  },
  {
    files: /^modules\/[a-z-]+\/model\.ts$/,
    own: ['kernel/', 'domain/', 'input/', 'store/port.ts', 'vault/document.ts', 'access/', 'modules/'],
    packages: ['zod'],
  },
  {
    files: /^modules\/.*(schema|mutations|types|node|enums|allowed)\.ts$/,
    own: [
      'kernel/',
      'domain/',
      'input/',
      'graphql/types/',
      'plugin/contract.ts',
      'plugin/plugin.ts',
      'vault/',
      'access/',
      'audit/',
      'streams/',
      'modules/',
    ],
    packages: ['@pothos/core', 'zod'],
  },
  {
    files: /^modules\/addons\//,
    own: [...NOUN, 'plugin/contract.ts', 'plugin/plugin.ts'],
    packages: ['lru-cache', 'zod'],
  },
  {
    files: /^modules\/(global-secrets|git-sync)\//,
    own: [...NOUN, 'crypto/ssh-signature.ts', 'git/port.ts'],
    packages: ['node:buffer', 'node:crypto', 'zod'],
  },
  {
    files: /^modules\/(restarts|deploy-webhooks|dependents)\//,
    own: [...NOUN, 'net/guarded-fetch.ts'],
    packages: ['node:crypto', 'lru-cache', 'zod'],
  },
  {
    files: /^modules\//,
    own: [...NOUN, 'crypto/certificate.ts', 'crypto/containers.ts'],
    packages: ['node:crypto', 'lru-cache', 'zod'],
  },
  {
    files: /^graphql\/types\//,
    own: ['kernel/', 'domain/', 'input/', 'graphql/types/', 'access/', 'audit/', 'streams/', 'vault/', 'store/port.ts'],
    packages: ['node:crypto', 'dataloader', 'graphql', 'graphql-scalars', '@pothos/', 'zod'],
  },
  {
    files: /^graphql\/federation\//,
    own: ['kernel/', 'graphql/types/', 'graphql/federation/'],
    packages: ['dataloader', 'graphql'],
  },
  {
    files: /^graphql\/engine\//,
    own: ['kernel/', 'graphql/types/', 'graphql/engine/', 'streams/', 'audit/'],
    packages: ['graphql', 'graphql-jit', 'graphql-yoga', 'lru-cache'],
  },
  { files: /^app\/slices\.ts$/, own: ['access/named.ts', 'modules/'], packages: [] },
  { files: /^app\/schema\.ts$/, own: ['graphql/', 'modules/slice.ts', 'app/slices.ts'], packages: ['graphql'] },
  // What ways in over REST are made of; each noun says its own.
  { files: /^rest\//, own: ['kernel/', 'input/rules.ts', 'graphql/engine/request.ts', 'rest/'], packages: ['zod'] },
  {
    files: /^http\/rest\//,
    own: ['kernel/', 'graphql/', 'http/', 'rest/', 'input/rules.ts'],
    packages: ['node:', 'find-my-way', 'zod'],
  },
  {
    files: /^http\//,
    own: ['kernel/', 'graphql/', 'http/', 'rest/route.ts', 'net/client-address.ts', 'streams/subscriber.ts'],
    packages: [
      'node:',
      'graphql',
      'graphql-ws',
      'graphql-yoga',
      '@graphql-yoga/render-graphiql',
      'pino',
      'rate-limiter-flexible',
      'ws',
    ],
  },
  { files: /^git\/signed-commit\.ts$/, own: ['crypto/ssh-signature.ts'], packages: [] },
  { files: /^git\/port\.ts$/, own: ['kernel/'], packages: [] },
  { files: /^git\/fetch-file\.ts$/, own: ['git/'], packages: ['isomorphic-git'] },
  { files: /^git\//, own: ['kernel/', 'net/', 'git/'], packages: ['node:'] },
  { files: /^net\//, own: ['kernel/', 'net/'], packages: ['node:', 'ipaddr.js'] },
  { files: /^plugin\/contract\.ts$/, own: ['kernel/', 'net/guarded-fetch.ts'], packages: ['zod'] },
  { files: /^plugin\/plugin\.ts$/, own: ['plugin/contract.ts'], packages: [] },
  { files: /^plugin\//, own: ['kernel/', 'net/', 'plugin/'], packages: ['node:', 'zod'] },
  { files: /^app\/routes\.ts$/, own: ['rest/route.ts', 'modules/slice.ts', 'app/slices.ts'], packages: [] },
  { files: /^app\/limits\.ts$/, own: ['kernel/limits.ts', 'modules/slice.ts', 'app/slices.ts'], packages: [] },
  {
    files: /^app\/config\.ts$/,
    own: [
      'kernel/',
      'net/allowed.ts',
      'net/client-address.ts',
      'graphql/types/federated.ts',
      'modules/slice.ts',
      'app/limits.ts',
      'app/slices.ts',
    ],
    packages: ['zod'],
  },
  { files: /^app\/(gateway|federation)\.ts$/, own: [''], packages: ['graphql'] },
  {
    files: /^app\/checkpoint\.ts$/,
    own: ['kernel/', 'files/', 'keys/', 'store/', 'graphql/engine/mask-error.ts'],
    packages: ['node:', 'zod'],
  },
  { files: /^app\/watchdog(-thread)?\.ts$/, own: ['app/watchdog.ts'], packages: ['node:'] },
  { files: /^dialects\/documents\.ts$/, own: ['dialects/'], packages: ['yaml'] },
  { files: /^dialects\//, own: ['dialects/'], packages: [] },
  // Runs in browsers too, and in other people's programs.
  { files: /^client\//, own: ['client/'], packages: [] },
  // Commands that work on this machine's store; every other one is a client and knows nothing of the gateway.
  {
    files: /^cli\/commands\/(serve|init|owner-token|care|checkpoint)\.ts$/,
    own: ['kernel/', 'crypto/', 'app/', 'graphql/engine/mask-error.ts', 'http/log.ts'],
    packages: ['node:'],
  },
  // It says what went wrong with those.
  { files: /^cli\/main\.ts$/, own: ['kernel/errors.ts', 'graphql/engine/mask-error.ts', 'cli/'], packages: [] },
  {
    files: /^cli\//,
    own: ['cli/', 'client/', 'dialects/', 'files/'],
    packages: ['node:', 'commander', 'yaml', '@bomb.sh/tab'],
  },
  { files: /^main\.ts$/, own: ['cli/main.ts'], packages: [] },
  { files: /^(app\/(app|care|verify|jobs|first-start)|demo)\.ts$/, own: [''], packages: ['node:'] },
];

/** The rooms from the ground up. Each imports itself and rooms before it, and nothing runs back up. */
const FLOORS = [
  'kernel',
  'files',
  'domain',
  'dialects',
  'client',
  'input',
  'net',
  'store',
  'crypto',
  'audit',
  'git',
  'plugin',
  'keys',
  'vault',
  'access',
  'streams',
  'graphql/types',
  'graphql/federation',
  'graphql/engine',
  'rest',
  'modules',
  'http',
  'app',
  'cli',
  'demo.ts',
  'main.ts',
];
const roomOf = (file: string): string => {
  const [first = '', second = ''] = file.split('/');
  return first === 'graphql' ? `${first}/${second}` : first;
};
const floorOf = (file: string): number => FLOORS.indexOf(roomOf(file));

/** Which other nouns each noun imports, whichever of their files. What is more than a name or a look-up comes as `Services`. */
const NOUNS: Readonly<Record<string, string>> = {
  access: 'workloads',
  addons: 'projects secret-groups',
  'app-secrets': 'apps',
  apps: 'app-secrets',
  certificates: 'global-secrets projects secret-groups',
  changes: 'apps global-secrets projects resolution workloads',
  deleted: 'apps changes projects',
  dependents: 'addons global-secrets projects restarts secret-groups workloads',
  'deploy-webhooks': 'projects restarts',
  'git-sync': 'certificates global-secrets vcs',
  'global-secrets': 'certificates git-sync projects secret-groups vcs workloads',
  projects: 'workloads',
  resolution: 'addons global-secrets projects secret-groups workloads',
  restarts: 'dependents deploy-webhooks projects resolution workloads',
  'secret-groups': 'global-secrets projects workloads',
  workloads: 'global-secrets projects secret-groups',
};
/** What a noun says of itself to others. How it does its work is its own. */
const INSIDES = /^modules\/[a-z-]+\/(service|slice)\.ts$/;

/** The packages of each shipped plugin: its driver. */
const DRIVERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['mongodb', ['mongodb']],
  ['postgresql', ['pg']],
  ['mysql', ['mysql2']],
  ['redis', ['redis']],
  ['rabbitmq', ['amqplib']],
  ['minio', ['aws4fetch']],
]);

const COMMON = new Set(['#plugin', '#plugin/attempt', '#plugin/json', '#plugin/server', 'zod']);

/** Plugins are apart: the contract, zod, their own files and their own packages. */
function pluginOffences(file: string): readonly string[] {
  const folder = file.split('/')[0] ?? '';
  const isOwn = (target: string): boolean =>
    target.startsWith('node:') ||
    DRIVERS.get(folder)?.some((driver) => target === driver || target.startsWith(`${driver}/`)) === true ||
    normalize(join(dirname(file), target)).startsWith(`${folder}/`);
  return importsOf(file, 'plugins').filter((target) => !COMMON.has(target) && !isOwn(target));
}

const SRC = 'src';
const pluginFiles = (readdirSync('plugins', { recursive: true }) as string[]).filter((name) => name.endsWith('.ts'));
const files = (readdirSync(SRC, { recursive: true }) as string[]).filter((name) => name.endsWith('.ts')).sort();

/** What a file imports or re-exports, at the top or by `import()` or `require()`. */
function importsOf(file: string, root = SRC): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/(?:^|\n)(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/g)];
  const bare = [
    ...text.matchAll(/(?:^|\n)import\s*['"]([^'"]+)['"]/g),
    ...text.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]/g),
  ];
  return [...found, ...bare].map(([, target]) => target ?? '');
}

/** The files of `src` among them. */
const ownImportsOf = (file: string): readonly string[] =>
  importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => normalize(join(dirname(file), target)));

const nounOf = (file: string): string | null => /^modules\/([a-z-]+)\//.exec(file)?.[1] ?? null;

function offences(file: string): readonly string[] {
  const layer = LAYERS.find(({ files: pattern }) => pattern.test(file));
  if (!layer) return ['lies in no layer'];
  return importsOf(file).flatMap((target) => {
    if (target.startsWith('.')) {
      const path = normalize(join(dirname(file), target));
      return layer.own.some((allowed) => path.startsWith(allowed)) ? [] : [`imports ${path}`];
    }
    const isAllowed = layer.packages.some(
      (allowed) => target === allowed || (/[:/]$/.test(allowed) && target.startsWith(allowed)),
    );
    return isAllowed ? [] : [`imports ${target}`];
  });
}

/** Without what a file imports by `import()` when it is needed. */
const importedAtOnce = (file: string): readonly string[] => {
  const text = readFileSync(join('plugins', file), 'utf8');
  return importsOf(file, 'plugins').filter((target) => !text.includes(`import('${target}')`));
};

/** The packages that come with a file of a plugin as soon as it is imported. */
function packagesAtOnce(file: string, seen = new Set<string>()): readonly string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return importedAtOnce(file).flatMap((target) =>
    target.startsWith('.') ? packagesAtOnce(normalize(join(dirname(file), target)), seen) : [target],
  );
}

describe('import directions', () => {
  it.each(files)('%s', (file) => {
    expect(offences(file)).toEqual([]);
  });

  it.each(pluginFiles)('plugins/%s', (file) => {
    expect(pluginOffences(file)).toEqual([]);
    if (file.endsWith('/index.ts')) expect(importsOf(file, 'plugins').length).toBeGreaterThan(0);
  });

  it.each(pluginFiles.filter((file) => file.endsWith('/index.ts')))(
    'plugins/%s brings no driver into the gateway',
    (file) => {
      const found = packagesAtOnce(file).filter(
        (name) => name !== 'zod' && name !== '#plugin' && name !== '#plugin/server',
      );
      expect(found).toEqual(DRIVERS.has(dirname(file)) ? [] : found);
      if (DRIVERS.has(dirname(file)))
        expect(packagesAtOnce(file.replace('index', 'client'))).toContain('#plugin/attempt');
    },
  );

  it.each(files)('%s looks up at no room above', (file) => {
    expect(floorOf(file)).toBeGreaterThanOrEqual(0);
    expect(ownImportsOf(file).filter((path) => floorOf(path) > floorOf(file))).toEqual([]);
  });

  const nouns = [...new Set(files.flatMap((file) => nounOf(file) ?? []))];
  it.each(nouns)('%s imports the nouns that the table says, and no insides of theirs', (noun) => {
    const others = files
      .filter((file) => nounOf(file) === noun)
      .flatMap(ownImportsOf)
      .filter((path) => ![null, noun].includes(nounOf(path)));
    expect([...new Set(others.map(nounOf))].sort().join(' ')).toBe(NOUNS[noun] ?? '');
    // A slice gets the services of others when it is created, as `Services`.
    expect(others.filter((path) => INSIDES.test(path))).toEqual([]);
  });

  it('no files import each other in a circle', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const follow = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      if (done.has(file) || way.includes(file)) return;
      for (const target of ownImportsOf(file)) follow(target, [...way, file]);
      done.add(file);
    };
    for (const file of files) follow(file, []);
    expect(circles).toEqual([]);
  });

  it('sees imports at all', () => {
    expect(importsOf('app/app.ts')).toContain('node:path');
    expect(files.length).toBeGreaterThan(50);
  });

  it.each(files)('%s is not longer than 300 lines', (file) => {
    expect(readFileSync(join(SRC, file), 'utf8').split('\n').length - 1).toBeLessThanOrEqual(300);
  });
});
