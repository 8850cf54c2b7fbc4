import { constant } from './casing.ts';
/** One thing that is bounded. `KEYLOOM_LIMIT_*` sets it. */
export interface LimitFacts {
  readonly default: number;
  /** The least that an operator may set. */
  readonly min: number;
  /** What it bounds, in which unit, and what 0 means. */
  readonly words: string;
}
export type LimitTable = Readonly<Record<string, LimitFacts>>;

/** What is bounded without regard to nouns. Those of nouns are in their `slice.ts`. */
export const OWN_LIMITS = {
  // The store
  revisionsKept: {
    default: 50,
    min: 1,
    words: 'Revisions of a document that are kept. Those of the last 24 hours are kept beyond it.',
  },
  projectBytes: {
    default: 1_073_741_824,
    min: 1_048_576,
    words: 'Bytes that a project keeps: its documents with all kept revisions. Only growth is refused.',
  },
  teamBytes: {
    default: 8_589_934_592,
    min: 1_048_576,
    words:
      'Bytes that a team keeps: its documents with all kept revisions, those of its projects, and its log. Only growth is refused.',
  },
  idempotencyMs: {
    default: 86_400_000,
    min: 1_000,
    words: 'Milliseconds for which a request is remembered under its idempotency key, at least.',
  },
  // Bodies and answers
  bodyBytes: { default: 1_048_576, min: 1_024, words: "Bytes of a request's body." },
  fileBodyBytes: { default: 12_582_912, min: 1_024, words: 'Bytes of the body of a mutation that carries files.' },
  bodyBytesPerPrincipal: { default: 33_554_432, min: 1_024, words: 'Bytes of all bodies under way of one token.' },
  bodyBytesInFlight: { default: 100_663_296, min: 1_024, words: 'Bytes of all bodies under way in the process.' },
  answerBytes: { default: 16_777_216, min: 65_536, words: 'Bytes of one answer, or of one event of a stream.' },
  answerBytesPerPrincipal: {
    default: 67_108_864,
    min: 65_536,
    words: 'Bytes of all large answers under way of one token.',
  },
  answerBytesInFlight: {
    default: 134_217_728,
    min: 65_536,
    words: 'Bytes of all large answers under way in the process.',
  },
  jsonDepth: { default: 64, min: 1, words: 'Levels of nesting in a JSON body.' },
  jsonItems: { default: 100_000, min: 1, words: 'Members and items in a JSON body.' },
  // Rates and signatures
  ratePoints: {
    default: 6_000,
    min: 0,
    words:
      'Points of a token in a minute: 1 for each request or WebSocket operation, and 1 for each 100 of its cost. 0: no limit.',
  },
  ratePointsDependent: { default: 60_000, min: 0, words: "The same for a dependent's token. 0: no limit." },
  wrongTokensPerAddress: { default: 600, min: 0, words: 'Unknown tokens from one address in a minute. 0: no limit.' },
  signatureWindowMs: {
    default: 60_000,
    min: 1_000,
    words: "Milliseconds by which the time of a federation gateway's signature may differ from Keyloom's.",
  },
  signaturesRemembered: {
    default: 1_000_000,
    min: 1_000,
    words: 'Signatures of federation gateways that are remembered, so that none is accepted twice.',
  },
  tokensPerRevocation: { default: 1_000, min: 1, words: 'Tokens that one revocation ends.' },
  // GraphQL operations
  documentLength: { default: 65_536, min: 100, words: 'UTF-16 code units of a GraphQL document.' },
  tokens: { default: 2_000, min: 10, words: 'Lexical tokens of a GraphQL document.' },
  depth: { default: 10, min: 1, words: 'Levels of nesting of an operation.' },
  aliases: { default: 30, min: 0, words: 'Aliases in an operation.' },
  rootFields: { default: 20, min: 1, words: 'Root fields of an operation.' },
  directives: { default: 3, min: 0, words: 'Directives in one place of a document.' },
  cost: {
    default: 5_000,
    min: 1,
    words: 'Cost of an operation: its fields times the sizes of the pages that they are on.',
  },
  errors: { default: 5, min: 1, words: 'Errors in one answer.' },
  // Work of a request
  workDocuments: { default: 20_000, min: 100, words: 'Documents that a request reads.' },
  workDocumentsDependent: { default: 10_000, min: 100, words: "The same for a dependent's token." },
  workBytes: { default: 268_435_456, min: 1_048_576, words: 'Bytes that a request reads and hashes.' },
  workBytesDependent: { default: 134_217_728, min: 1_048_576, words: "The same for a dependent's token." },
  workResolutions: { default: 200, min: 1, words: 'Environments that a request resolves.' },
  workResolutionsDependent: { default: 60, min: 1, words: "The same for a dependent's token." },
  workTemplateSteps: { default: 2_000_000, min: 1_000, words: 'Template steps of a request.' },
  workTemplateStepsDependent: { default: 1_000_000, min: 1_000, words: "The same for a dependent's token." },
  workUnitsPerPause: {
    default: 2_000,
    min: 100,
    words:
      'Units of work between two turns of the event loop. A document is 5 units, 1 KiB 1, a resolution 50, 4 template steps 1.',
  },
  deadlineMs: { default: 10_000, min: 100, words: 'Milliseconds from the first work on a request to its answer.' },
  loopBlockedMs: {
    default: 30_000,
    min: 0,
    words: 'Milliseconds for which the event loop may be blocked before the process is ended. 0: no limit.',
  },
  // Connections
  connections: {
    default: 24_000,
    min: 1,
    words: 'Connections of the process: WebSockets, event streams and requests together.',
  },
  socketsPerPrincipal: { default: 20, min: 1, words: 'WebSockets and event streams of one token.' },
  socketsPerDependent: { default: 200, min: 1, words: "WebSockets and event streams of one dependent's token." },
  sockets: { default: 20_000, min: 1, words: 'WebSockets and event streams with a known token, in the process.' },
  strangersPerAddress: {
    default: 400,
    min: 1,
    words: 'WebSockets that are not signed in yet, from one address (IPv6: one /64). The oldest makes room.',
  },
  strangers: {
    default: 1_000,
    min: 1,
    words: 'WebSockets that are not signed in yet, in the process. The oldest makes room.',
  },
  subscriptionsPerSocket: { default: 20, min: 1, words: 'Operations under way on one WebSocket.' },
  socketMessageBytes: { default: 65_536, min: 1_024, words: 'Bytes of one message from a WebSocket client.' },
  socketMessagesPerMinute: { default: 1_200, min: 1, words: 'Messages from a WebSocket client in a minute.' },
  socketInitMs: {
    default: 3_000,
    min: 10,
    words: 'Milliseconds from the opening of a WebSocket to its `connection_init`.',
  },
  socketPingMs: {
    default: 15_000,
    min: 10,
    words: 'Milliseconds between signs of life on WebSockets and event streams.',
  },
  outgoingBytes: {
    default: 1_048_576,
    min: 1_024,
    words: 'Bytes that a subscriber has not taken yet, before it is told to reconnect.',
  },
  outgoingEvents: {
    default: 1_000,
    min: 1,
    words: 'Events that a subscriber has not taken yet, before it is told to reconnect.',
  },
  // Plugins
  addonDeadlineMs: { default: 5_000, min: 10, words: 'Milliseconds of one call to a plugin.' },
  addonValueBytes: { default: 65_536, min: 1, words: 'Bytes of one value of an addon.' },
  addonBytes: { default: 1_048_576, min: 1, words: 'Bytes of all values of an addon.' },
  pluginMemoryBytes: { default: 536_870_912, min: 134_217_728, words: 'Bytes of memory of the process of one plugin.' },
  pluginProcesses: {
    default: 8,
    min: 1,
    words: 'Processes that check, rotate and retire shipped addons at the same time.',
  },
  pluginIdleMs: {
    default: 30_000,
    min: 0,
    words: 'Milliseconds for which such a process waits for its next call before it is ended.',
  },
  // Git hosts
  gitRefsBytes: { default: 8_388_608, min: 1_024, words: 'Bytes of the list of branches that a git host sends.' },
  gitPackBytes: {
    default: 33_554_432,
    min: 1_024,
    words: 'Bytes of the files of one commit, as a git host sends them.',
  },
  gitDeadlineMs: { default: 30_000, min: 100, words: 'Milliseconds in which a file is read from a repository.' },
  gitSilenceMs: { default: 10_000, min: 10, words: 'Milliseconds for which a git host may be silent.' },
} as const satisfies LimitTable;

/** Limits of nouns. Each slice adds its own to this interface, in its `slice.ts`. */
// biome-ignore lint/suspicious/noEmptyInterface: slices add to it
export interface NounLimits {}

/** By name, as the operator or the default has them. */
export type Limits = ValuesOf<typeof OWN_LIMITS> & NounLimits;
export type LimitName = keyof Limits;

/** The values of a table of limits. */
export type ValuesOf<Table extends LimitTable> = { readonly [Name in keyof Table]: number };

/** `bodyBytes` -> `KEYLOOM_LIMIT_BODY_BYTES`. */
export const variableOf = (name: LimitName): string => `KEYLOOM_LIMIT_${constant(name)}`;

export const defaultsOf = <Table extends LimitTable>(table: Table): ValuesOf<Table> =>
  Object.fromEntries(Object.entries(table).map(([name, facts]) => [name, facts.default])) as ValuesOf<Table>;
