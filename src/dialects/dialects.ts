import type { Dialect } from './dialect.ts';

/** Every dialect by its name, loaded when it is asked for. */
const LOADERS = {
  dotenv: async () => (await import('./dotenv.ts')).dotenv,
  node: async () => (await import('./node.ts')).node,
  posix: async () => (await import('./posix.ts')).posix,
  'docker-env-file': async () => (await import('./docker-env-file.ts')).dockerEnvFile,
  compose: async () => (await import('./compose.ts')).compose,
  systemd: async () => (await import('./systemd.ts')).systemd,
  json: async () => (await import('./documents.ts')).json,
  yaml: async () => (await import('./documents.ts')).yaml,
  'k8s-secret': async () => (await import('./documents.ts')).k8sSecret,
  'github-env': async () => (await import('./github-env.ts')).githubEnv,
} as const satisfies Readonly<Record<string, () => Promise<Dialect>>>;

export type DialectName = keyof typeof LOADERS;

export const DIALECT_NAMES = Object.keys(LOADERS) as readonly DialectName[];

export const isDialectName = (name: string): name is DialectName => Object.hasOwn(LOADERS, name);

export const loadDialect = (name: DialectName): Promise<Dialect> => LOADERS[name]();
