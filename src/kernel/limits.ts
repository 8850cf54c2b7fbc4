/** Everything that is bounded: the default, what it bounds, and the least an operator may set. `KEYLOOM_LIMIT_*` changes them. */
const TABLE = {
  /** One variable's value, bytes. */
  variableBytes: { default: 65_536, least: 1 },
  /** One file's content, bytes. */
  fileBytes: { default: 1_048_576, least: 1 },
  /** Everything in one secret group, bytes. */
  groupBytes: { default: 8_388_608, least: 1 },
  variablesPerGroup: { default: 2_000, least: 1 },
  groupsPerProject: { default: 2_000, least: 1 },
  /** Everything in one global secret, bytes. */
  globalSecretBytes: { default: 8_388_608, least: 1 },
  globalSecretsPerTeam: { default: 2_000, least: 1 },
  /** Revisions of a document, never fewer than those of the last 24 hours. */
  revisionsKept: { default: 50, least: 1 },
  /** A request's body, bytes. */
  bodyBytes: { default: 1_048_576, least: 1_024 },
  /** The body of a mutation that carries files, bytes. */
  fileBodyBytes: { default: 12_582_912, least: 1_024 },
  /** The text of a GraphQL document, UTF-16 units. */
  documentLength: { default: 65_536, least: 100 },
  tokens: { default: 2_000, least: 10 },
  depth: { default: 10, least: 1 },
  aliases: { default: 30, least: 0 },
  rootFields: { default: 20, least: 1 },
  directives: { default: 3, least: 0 },
  /** Fields times the sizes of the pages they are on. */
  cost: { default: 5_000, least: 1 },
  /** Errors in one answer. */
  errors: { default: 5, least: 1 },
  /** From the first byte of a request's work to its answer, milliseconds. */
  deadlineMs: { default: 10_000, least: 100 },
  connections: { default: 10_000, least: 1 },
  jsonDepth: { default: 64, least: 1 },
  /** Members and items in one JSON body. */
  jsonItems: { default: 100_000, least: 1 },
  /** One question to a plugin, milliseconds. */
  addonDeadlineMs: { default: 5_000, least: 10 },
  /** How long the values of an external addon count as new, milliseconds. */
  addonTtlMs: { default: 60_000, least: 0 },
  /** How long its last good values stand in when it does not answer, milliseconds. */
  addonStaleMs: { default: 600_000, least: 0 },
  /** How long a resolution waits for an addon that has last good values, milliseconds. */
  addonPatienceMs: { default: 200, least: 0 },
  /** One value of an addon, bytes. */
  addonValueBytes: { default: 65_536, least: 1 },
  /** All values of an addon, bytes. */
  addonBytes: { default: 1_048_576, least: 1 },
  /** The process of one plugin, bytes. */
  pluginMemoryBytes: { default: 536_870_912, least: 134_217_728 },
  /** Old credentials of an addon whose time is not over. */
  retiringPerAddon: { default: 20, least: 1 },
  addonsPerProject: { default: 500, least: 1 },
} as const;

export type LimitName = keyof typeof TABLE;
export type Limits = { readonly [Name in LimitName]: number };

const NAMES = Object.keys(TABLE) as readonly LimitName[];

/** `bodyBytes` -> `KEYLOOM_LIMIT_BODY_BYTES`. */
const variableOf = (name: LimitName): string => `KEYLOOM_LIMIT_${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`;

/** Environment variable -> the limit it sets and the least it may be. */
export const LIMIT_VARIABLES: ReadonlyMap<string, { readonly name: LimitName; readonly least: number }> = new Map(
  NAMES.map((name) => [variableOf(name), { name, least: TABLE[name].least }]),
);

/** The defaults, with those in `over` changed. */
export function limitsWith(over: Partial<Limits> = {}): Limits {
  const defaults = Object.fromEntries(NAMES.map((name) => [name, TABLE[name].default])) as Limits;
  return { ...defaults, ...over };
}
