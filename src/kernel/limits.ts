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
  /** What a project and a team may keep, bytes: documents with all kept revisions, and the team's log. Only growth is refused. */
  projectBytes: { default: 1_073_741_824, least: 1_048_576 },
  teamBytes: { default: 8_589_934_592, least: 1_048_576 },
  /** A request's body, bytes. */
  bodyBytes: { default: 1_048_576, least: 1_024 },
  /** The body of a mutation that carries files, bytes. */
  fileBodyBytes: { default: 12_582_912, least: 1_024 },
  /** Bodies of requests under way, of one token and of the process, bytes. */
  bodyBytesPerPrincipal: { default: 33_554_432, least: 1_024 },
  bodyBytesInFlight: { default: 100_663_296, least: 1_024 },
  /** One answer, or one event of a stream, bytes. */
  answerBytes: { default: 16_777_216, least: 65_536 },
  /** Answers under way that are not small, of one token and of the process, bytes. */
  answerBytesPerPrincipal: { default: 67_108_864, least: 65_536 },
  answerBytesInFlight: { default: 134_217_728, least: 65_536 },
  /** Points that a token has in a minute: 1 for a request or an operation of a WebSocket and 1 for each 100 of its cost; 0: no limit. */
  ratePoints: { default: 6_000, least: 0 },
  ratePointsDependent: { default: 60_000, least: 0 },
  /** Tokens that do not exist, from one address in a minute; 0: no limit. */
  wrongTokensPerAddress: { default: 600, least: 0 },
  /** How far the time of a gateway's signature may be from now, milliseconds. */
  signatureWindowMs: { default: 60_000, least: 1_000 },
  /** Signatures of gateways that are remembered, so that none is good twice. */
  signaturesRemembered: { default: 1_000_000, least: 1_000 },
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
  /** Work of one request, of a dependent's token and of others: documents read, bytes read and hashed, environments resolved, template steps. */
  workDocuments: { default: 20_000, least: 100 },
  workDocumentsDependent: { default: 10_000, least: 100 },
  workBytes: { default: 268_435_456, least: 1_048_576 },
  workBytesDependent: { default: 134_217_728, least: 1_048_576 },
  workResolutions: { default: 200, least: 1 },
  workResolutionsDependent: { default: 60, least: 1 },
  workTemplateSteps: { default: 2_000_000, least: 1_000 },
  workTemplateStepsDependent: { default: 1_000_000, least: 1_000 },
  /** Units of work between two turns of the event loop; a document is 5 units, 1 KiB one, a resolution 50, 4 template steps one. */
  workUnitsPerPause: { default: 2_000, least: 100 },
  /** From the first byte of a request's work to its answer, milliseconds. */
  deadlineMs: { default: 10_000, least: 100 },
  /** How long the event loop may stand still before the process is ended, milliseconds; 0: for ever. */
  loopBlockedMs: { default: 30_000, least: 0 },
  /** Of all kinds together: WebSockets, streams of events and requests. */
  connections: { default: 24_000, least: 1 },
  /** WebSockets and streams of events whose token is known: of one token, of one dependent's token, of the process. */
  socketsPerPrincipal: { default: 20, least: 1 },
  socketsPerDependent: { default: 200, least: 1 },
  sockets: { default: 20_000, least: 1 },
  /** WebSockets that have not signed in yet: from one address (IPv6: one /64), of the process. The oldest makes room. */
  strangersPerAddress: { default: 400, least: 1 },
  strangers: { default: 1_000, least: 1 },
  /** Operations under way on one WebSocket. */
  subscriptionsPerSocket: { default: 20, least: 1 },
  /** One message of a WebSocket's client, bytes. */
  socketMessageBytes: { default: 65_536, least: 1_024 },
  /** Messages of a WebSocket's client, a minute. */
  socketMessagesPerMinute: { default: 1_200, least: 1 },
  /** From the opening of a WebSocket to its `connection_init`, milliseconds. */
  socketInitMs: { default: 3_000, least: 10 },
  /** Between signs of life on WebSockets and streams of events, milliseconds. */
  socketPingMs: { default: 15_000, least: 10 },
  /** What a subscriber has not taken yet, before it is told to come again. */
  outgoingBytes: { default: 1_048_576, least: 1_024 },
  outgoingEvents: { default: 1_000, least: 1 },
  /** How long a create is remembered under its idempotency key at least, milliseconds. */
  idempotencyMs: { default: 86_400_000, least: 1_000 },
  /** PKCS#12 files of one request that are opened to look for certificates. */
  pkcs12PerRequest: { default: 20, least: 0 },
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
  /** Processes that check, rotate and retire shipped addons, at the same time. */
  pluginProcesses: { default: 8, least: 1 },
  /** How long such a process waits for its next call before it is ended, milliseconds. */
  pluginIdleMs: { default: 30_000, least: 0 },
  /** Old credentials of an addon whose time is not over. */
  retiringPerAddon: { default: 20, least: 1 },
  /** What the environment of one workload may hold, run time and build time together; see the decision on their size. */
  environmentVariables: { default: 10_000, least: 1 },
  /** UTF-8 bytes of names and values of its variables. */
  environmentBytes: { default: 33_554_432, least: 1 },
  environmentFiles: { default: 1_000, least: 1 },
  environmentFileBytes: { default: 268_435_456, least: 1 },
  /** References in its texts; when it is resolved, of secret and of configuration sources each. */
  environmentReferences: { default: 100_000, least: 1 },
  addonsPerProject: { default: 500, least: 1 },
  /** What a host of repositories lists of its branches, bytes. */
  gitRefsBytes: { default: 8_388_608, least: 1_024 },
  /** The files of one commit of a repository as they are sent, bytes. */
  gitPackBytes: { default: 33_554_432, least: 1_024 },
  /** Reading a file from a repository, milliseconds. */
  gitDeadlineMs: { default: 30_000, least: 100 },
  /** The longest that a host of repositories may be silent, milliseconds. */
  gitSilenceMs: { default: 10_000, least: 10 },
  /** How long a mutation waits for the git file, milliseconds. */
  gitPatienceMs: { default: 8_000, least: 10 },
  /** From one look at a repository to the next, milliseconds. */
  gitSyncMs: { default: 300_000, least: 1_000 },
  /** Tokens that one revocation ends. */
  tokensPerRevocation: { default: 1_000, least: 1 },
  /** Linked accounts at hosts of repositories in a team. */
  vcsAccountsPerTeam: { default: 200, least: 1 },
  appsPerTeam: { default: 1_000, least: 1 },
  environmentsPerApp: { default: 30, least: 1 },
  appSecretsPerApp: { default: 500, least: 1 },
  /** What a secret of an app is in one environment, bytes. */
  appSecretValueBytes: { default: 65_536, least: 1 },
  /** Restart requests of a project that wait for their wave or for their delivery. */
  restartRequestsOpen: { default: 10_000, least: 1 },
  /** Restart requests of a project, and restarts of a team, that are kept after they are over. */
  restartRequestsKept: { default: 1_000, least: 0 },
  /** One attempt to reach a deploy webhook, milliseconds. */
  webhookDeadlineMs: { default: 5_000, least: 10 },
  /** Attempts before a delivery is given up. */
  webhookAttempts: { default: 12, least: 1 },
  /** The longest wait after the first failed attempt, doubled by each further one, milliseconds. */
  webhookBackoffMs: { default: 10_000, least: 1 },
  /** The longest wait between two attempts, milliseconds. */
  webhookBackoffMostMs: { default: 3_600_000, least: 1 },
  /** How long a process that delivers may be silent before another takes over, milliseconds. */
  webhookLeaseMs: { default: 30_000, least: 50 },
} as const;

export type LimitName = keyof typeof TABLE;
export type Limits = { readonly [Name in LimitName]: number };

const NAMES = Object.keys(TABLE) as readonly LimitName[];

/** `bodyBytes` -> `KEYLOOM_LIMIT_BODY_BYTES`. */
export const variableOf = (name: LimitName): string =>
  `KEYLOOM_LIMIT_${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`;

/** Environment variable -> the limit it sets and the least it may be. */
export const LIMIT_VARIABLES: ReadonlyMap<string, { readonly name: LimitName; readonly least: number }> = new Map(
  NAMES.map((name) => [variableOf(name), { name, least: TABLE[name].least }]),
);

/** The defaults, with those in `over` changed. */
export function limitsWith(over: Partial<Limits> = {}): Limits {
  const defaults = Object.fromEntries(NAMES.map((name) => [name, TABLE[name].default])) as Limits;
  return { ...defaults, ...over };
}
