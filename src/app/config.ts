import { z } from 'zod';
import type { Federated } from '../graphql/types/federated.ts';
import { type FieldError, invalidInput } from '../kernel/errors.ts';
import { SLUG } from '../kernel/ids.ts';
import type { LimitName, Limits } from '../kernel/limits.ts';
import type { LogLevel } from '../kernel/log.ts';
import { SecretValue } from '../kernel/secret-value.ts';
import { federatedOf, type Slice } from '../modules/slice.ts';
import { allowedOf } from '../net/allowed.ts';
import { networkOf, type TrustedProxies } from '../net/client-address.ts';
import { limitsWith, limitVariables } from './limits.ts';
import { SLICES } from './slices.ts';

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly development: boolean;
  readonly dataDirectory: string;
  /** Where the first start puts the owner's token; null: it depends, see `handoverFor`. */
  readonly ownerTokenFile: string | null;
  /** Where it is kept up to which commit the store was seen; null: nowhere. */
  readonly checkpointFile: string | null;
  /** null: the embedded store. A connection string holds a password. */
  readonly mongodbUrl: SecretValue | null;
  readonly database: string;
  readonly rootKeyFile: string | null;
  readonly rootKey: SecretValue | null;
  readonly team: string;
  /** Bytes of decrypted documents; 0 disables the cache. */
  readonly cacheBytes: number;
  /** Bytes of responses to repeated queries; 0 disables the cache. */
  readonly answerCacheBytes: number;
  readonly logLevel: LogLevel;
  readonly limits: Limits;
  /** Folders of `plugins/` or npm packages; null: all that are shipped. */
  readonly plugins: readonly string[] | null;
  /** By plugin id. May hold secrets. */
  readonly pluginOptions: ReadonlyMap<string, unknown>;
  /** A folder of the operator's own plugins; null: none. */
  readonly pluginDirectory: string | null;
  /** SHA-256 of a plugin's folder by its name. Not empty: others that are not shipped are not loaded. */
  readonly pluginHashes: ReadonlyMap<string, string>;
  /** Hosts that may be asked over http and at private addresses, and private networks that may be reached. */
  readonly allowedHosts: readonly string[];
  /** Proxies whose word counts for where a request comes from. */
  readonly trustedProxies: TrustedProxies;
  /** How it is a part of a larger graph; null: it is none. */
  readonly federation: FederationOptions | null;
}

export interface FederationOptions {
  /** Goes before the names of types and root fields. */
  readonly prefix: string;
  /** What the larger graph calls the key fields of services and jobs. */
  readonly key: readonly [project: string, id: string];
}

type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

const text = (min: number, max: number): z.ZodString =>
  z.string().min(min, 'is empty: leave it out or give it a value').max(max, `is longer than ${max} characters`);

const whole = (min: number, max: number): z.ZodType<number> =>
  z
    .string()
    .refine((digits) => /^\d{1,16}$/.test(digits) && Number(digits) >= min && Number(digits) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);

const list = (item: Pick<RegExp, 'test'>, words: string): z.ZodType<readonly string[]> =>
  z
    .string()
    .max(4_096, 'is longer than 4096 characters')
    .transform((names) => names.split(',').map((name) => name.trim()))
    .refine((names) => names.every((name) => item.test(name)), { error: words })
    .transform((names) => (names.length === 1 && names[0] === '' ? [] : names));

/** JSON of an object of objects: a parser's own words would quote it. */
const options = z.string().transform((json, ctx): ReadonlyMap<string, unknown> => {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return new Map(Object.entries(parsed));
  } catch {
    // Falls through to the refusal.
  }
  ctx.addIssue({ code: 'custom', message: 'must be a JSON object with the options of each plugin by its id' });
  return z.NEVER;
});

/** One line per variable. Messages are written here, because a parser's own may quote what it was given. */
const VARIABLES = z.object({
  KEYLOOM_HOST: text(1, 255)
    .regex(/^[0-9a-zA-Z.:-]+$/, 'must be an address or a host name')
    .optional(),
  KEYLOOM_PORT: whole(0, 65_535).optional(),
  KEYLOOM_DEVELOPMENT: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
  KEYLOOM_DATA: text(1, 4_096).optional(),
  KEYLOOM_OWNER_TOKEN_FILE: text(1, 4_096).optional(),
  KEYLOOM_CHECKPOINT_FILE: text(1, 4_096).optional(),
  KEYLOOM_DATABASE: text(1, 63)
    .regex(/^[a-zA-Z0-9_-]+$/, 'must consist of letters, digits, _ and -')
    .optional(),
  KEYLOOM_ROOT_KEY_FILE: text(1, 4_096).optional(),
  KEYLOOM_ROOT_KEY: z
    .string()
    .regex(/^klmroot1_[A-Za-z0-9_-]{43,64}$/, 'must be a root key as `keyloom init FILE` writes it')
    .optional(),
  KEYLOOM_TEAM: text(1, 100).regex(SLUG, 'must be a slug such as my-team').optional(),
  KEYLOOM_CACHE_BYTES: whole(0, 2 ** 40).optional(),
  KEYLOOM_ANSWER_CACHE_BYTES: whole(0, 2 ** 40).optional(),
  KEYLOOM_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'must be debug, info, warn, error or silent' })
    .optional(),
  KEYLOOM_PLUGINS: list(
    /^(|(@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*)$/,
    'must be names of plugins, with commas between',
  ).optional(),
  KEYLOOM_PLUGIN_OPTIONS: options.optional(),
  KEYLOOM_PLUGIN_DIRECTORY: text(1, 4_096).optional(),
  KEYLOOM_PLUGIN_HASHES: list(
    /^(|(@[a-z0-9-][a-z0-9._-]*\/)?[a-zA-Z0-9-][a-zA-Z0-9._-]*=[0-9a-f]{64})$/,
    'must be `name=sha256` of plugins, with commas between',
  ).optional(),
  KEYLOOM_ALLOWED_HOSTS: list(
    { test: (entry) => entry === '' || allowedOf(entry) !== null },
    'must be hosts (`host`, `host:5432`, `host:*`) or networks (`10.0.0.0/8`, `10.0.0.0/8:5432`), with commas between',
  ).optional(),
  KEYLOOM_TRUSTED_PROXIES: list(/^[0-9a-fA-F.:/]*$/, 'must be addresses or networks, with commas between')
    .refine((all) => all.every((each) => networkOf(each) !== null), {
      error: 'must be addresses or networks such as 10.0.0.0/8, with commas between',
    })
    .optional(),
  KEYLOOM_FEDERATION: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
  KEYLOOM_FEDERATION_PREFIX: text(1, 50)
    .regex(/^[A-Z][A-Za-z0-9]*$/, 'must be letters and digits, with a capital at the beginning')
    .optional(),
  KEYLOOM_FEDERATION_KEY: text(3, 100)
    .regex(/^[A-Za-z][A-Za-z0-9]*,[A-Za-z][A-Za-z0-9]*$/, 'must be two names of fields with a comma between')
    .refine((names) => new Set(names.split(',')).size === 2, { error: 'must be two different names' })
    .optional(),
  MONGODB_URL: text(1, 4_096)
    .regex(/^mongodb(\+srv)?:\/\/[^\s]+$/, 'must begin with mongodb:// or mongodb+srv:// and hold no spaces')
    .optional(),
});

type Given = z.infer<typeof VARIABLES>;

const mistake = (variable: string, rule: string, message: string): FieldError => ({ path: [variable], rule, message });

/** Of the client on the same machine: nothing of the gateway's, and no mistake. */
const OF_THE_CLIENT: ReadonlySet<string> = new Set(
  ['URL', 'TOKEN', 'CONFIG_DIR', 'PROJECT', 'ALLOW_HTTP'].map((name) => `KEYLOOM_${name}`),
);

function unknownVariables(env: Environment, ofLimits: Pick<ReadonlySet<string>, 'has'>): readonly FieldError[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('KEYLOOM_') && !Object.hasOwn(VARIABLES.shape, name))
    .filter((name) => !ofLimits.has(name) && !OF_THE_CLIENT.has(name))
    .sort()
    .map((name) => mistake(name, 'unknown', 'is not a variable of Keyloom'));
}

function readLimits(
  env: Environment,
  variables: ReturnType<typeof limitVariables>,
): { readonly over: Partial<Limits>; readonly mistakes: readonly FieldError[] } {
  const over = new Map<LimitName, number>();
  const mistakes: FieldError[] = [];
  for (const [variable, { name, min }] of variables) {
    const given = env[variable];
    if (given === undefined) continue;
    const parsed = whole(min, 2 ** 40).safeParse(given);
    if (parsed.success) over.set(name, parsed.data);
    else mistakes.push(mistake(variable, 'range', parsed.error.issues[0]?.message ?? 'is invalid'));
  }
  return { over: Object.fromEntries(over), mistakes };
}

/** Rules that need more than one variable, or the nouns. `ofWorkloads`: what Keyloom says of services and jobs besides their keys. */
function contradictions(given: Given, { ofWorkloads }: Federated): readonly FieldError[] {
  const found: FieldError[] = [];
  if (given.KEYLOOM_ROOT_KEY !== undefined && given.KEYLOOM_ROOT_KEY_FILE !== undefined) {
    found.push(mistake('KEYLOOM_ROOT_KEY', 'exclusive', 'cannot be given together with KEYLOOM_ROOT_KEY_FILE'));
  }
  const host = given.KEYLOOM_HOST;
  if (given.KEYLOOM_DEVELOPMENT === 'true' && host !== undefined && !LOOPBACK.includes(host)) {
    found.push(mistake('KEYLOOM_HOST', 'loopback', 'must be a loopback address while KEYLOOM_DEVELOPMENT is true'));
  }
  for (const name of ['KEYLOOM_FEDERATION_PREFIX', 'KEYLOOM_FEDERATION_KEY'] as const) {
    if (given[name] !== undefined && given.KEYLOOM_FEDERATION !== 'true')
      found.push(mistake(name, 'needs', 'needs KEYLOOM_FEDERATION to be true'));
  }
  if (given.KEYLOOM_FEDERATION_KEY?.split(',').some((name) => ofWorkloads.includes(name)))
    found.push(mistake('KEYLOOM_FEDERATION_KEY', 'taken', `must be none of ${ofWorkloads.join(', ')}`));
  return found;
}

function configOf(given: Given, limits: Limits): Config {
  const development = given.KEYLOOM_DEVELOPMENT === 'true';
  const secret = (value: string | undefined): SecretValue | null =>
    value === undefined ? null : new SecretValue(value);
  return {
    host: given.KEYLOOM_HOST ?? (development ? '127.0.0.1' : '0.0.0.0'),
    port: given.KEYLOOM_PORT ?? 4_000,
    development,
    dataDirectory: given.KEYLOOM_DATA ?? './data',
    checkpointFile: given.KEYLOOM_CHECKPOINT_FILE ?? null,
    ownerTokenFile: given.KEYLOOM_OWNER_TOKEN_FILE ?? null,
    mongodbUrl: secret(given.MONGODB_URL),
    database: given.KEYLOOM_DATABASE ?? 'keyloom',
    rootKeyFile: given.KEYLOOM_ROOT_KEY_FILE ?? null,
    rootKey: secret(given.KEYLOOM_ROOT_KEY),
    team: given.KEYLOOM_TEAM ?? 'default',
    cacheBytes: given.KEYLOOM_CACHE_BYTES ?? 268_435_456,
    answerCacheBytes: given.KEYLOOM_ANSWER_CACHE_BYTES ?? 33_554_432,
    logLevel: given.KEYLOOM_LOG_LEVEL ?? 'info',
    limits,
    plugins: given.KEYLOOM_PLUGINS ?? null,
    pluginOptions: given.KEYLOOM_PLUGIN_OPTIONS ?? new Map(),
    pluginDirectory: given.KEYLOOM_PLUGIN_DIRECTORY ?? null,
    pluginHashes: new Map((given.KEYLOOM_PLUGIN_HASHES ?? []).map((each) => each.split('=') as [string, string])),
    allowedHosts: (given.KEYLOOM_ALLOWED_HOSTS ?? []).filter((entry) => entry !== ''),
    trustedProxies: (given.KEYLOOM_TRUSTED_PROXIES ?? []).flatMap((each) => {
      const network = networkOf(each);
      return network ? [network] : [];
    }),
    federation: federationOf(given),
  };
}

function federationOf(given: Given): FederationOptions | null {
  if (given.KEYLOOM_FEDERATION !== 'true') return null;
  const [project = '', id = ''] = (given.KEYLOOM_FEDERATION_KEY ?? 'projectId,id').split(',');
  return { prefix: given.KEYLOOM_FEDERATION_PREFIX ?? '', key: [project, id] };
}

/** Reads the whole environment or throws one INVALID_INPUT that names every bad variable and no value. */
export function readConfig(env: Environment, slices: readonly Slice[] = SLICES): Config {
  const ofLimits = limitVariables(slices);
  const { over, mistakes: badLimits } = readLimits(env, ofLimits);
  const parsed = VARIABLES.safeParse(env);
  const bad = parsed.success
    ? contradictions(parsed.data, federatedOf(slices))
    : parsed.error.issues.map((issue) => mistake(issue.path.map(String).join('.'), issue.code, issue.message));
  const mistakes = [...unknownVariables(env, ofLimits), ...bad, ...badLimits];
  if (!parsed.success || mistakes.length > 0) throw invalidInput(mistakes);
  return configOf(parsed.data, limitsWith(over, slices));
}
