import type { CertificateFacts } from '../kernel/certificate.ts';

/** The nouns that resolution works on. Everything here is plain data; nothing does I/O. */

export type Scope = 'RUNTIME' | 'BUILD';
export type Sensitivity = 'secret' | 'config';
export type SecretType = 'environment' | 'arguments' | 'environment-arguments';
export type WorkloadKind = 'service' | 'job';
export type TagMatchCondition = 'and' | 'or';
export type Encoding = 'utf-8' | 'binary';

export interface WorkloadRef {
  readonly id: string;
  readonly kind: WorkloadKind;
}

export interface Restrictions {
  readonly restricted: boolean;
  readonly workloads: readonly WorkloadRef[];
  readonly tags: readonly string[];
  readonly tagMatchCondition: TagMatchCondition;
}

/** A file or mount without its bytes. */
export interface FileEntry {
  readonly encoding: Encoding;
  /** Bytes. */
  readonly size: number;
  /** Keyed hash of the content. */
  readonly hash: string;
  /** Name of the document that holds the bytes. */
  readonly contentId: string;
  /** Of an utf-8 file: its template references in order of appearance, as written (`${A}`), repeats included. */
  readonly references: readonly string[];
  /** Of the certificate that it holds, if it does; also absent in what was stored before there were such facts. */
  readonly certificate?: CertificateFacts;
}

export interface LinkedKey {
  readonly keyName: string;
  readonly aliases: readonly string[];
}

export interface AddonLink {
  readonly addonKind: 'addon' | 'external-addon';
  readonly addonId: string;
  readonly required: boolean;
  readonly keys: readonly LinkedKey[];
}

/** What decides whether a group applies: known without decrypting anything. */
export interface GroupHeader {
  readonly id: string;
  readonly type: Sensitivity;
  readonly secretType: SecretType;
  readonly priority: number;
  readonly restrictions: Restrictions;
}

/** What a group holds. */
export interface GroupBody {
  readonly variables: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, FileEntry>;
  readonly mounts: ReadonlyMap<string, FileEntry>;
  readonly links: readonly AddonLink[];
}

/** A group whose body is opened only when it is asked for. */
export interface Group extends GroupHeader {
  /** Its revision. */
  readonly version?: number;
  readonly body: () => GroupBody;
}

export interface Workload extends WorkloadRef {
  readonly tags: readonly string[];
  readonly direct: () => DirectValues;
}

/** A workload's own values. Variables and files: runtime. Build arguments and build files: build. */
export interface DirectValues {
  readonly variables: ReadonlyMap<string, string>;
  readonly buildArguments: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, FileEntry>;
  readonly buildFiles: ReadonlyMap<string, FileEntry>;
}

/** What an addon yields for one linked key, or why it yields nothing. */
export type AddonValue =
  | { readonly ok: true; readonly value: string; readonly sensitive: boolean }
  | {
      readonly ok: false;
      readonly reason: string;
      /** More than `reason` says, for those who may list the addon; it is no part of what is delivered. */
      readonly detail?: string;
    };

/** Values of an addon by key name. An addon that is not in the map does not exist. */
export type AddonValues = ReadonlyMap<string, ReadonlyMap<string, AddonValue>>;

/** A global secret as templates see it. */
export interface GlobalSecretFacts {
  readonly type: Sensitivity;
  /** Nested JSON. Only strings, numbers and booleans can be drawn in. */
  readonly values: unknown;
  /** Text of each file by id; of a binary one its base64. */
  readonly files: ReadonlyMap<string, string>;
}

/** Global secrets by slug; asked only for those that a reference names, so that no other need be opened. */
export type Globals = Pick<ReadonlyMap<string, GlobalSecretFacts>, 'get'>;

/** Everything one resolution depends on. */
export interface ResolutionInput {
  readonly scope: Scope;
  readonly workload: Workload;
  /** All of the project, or those of them that may apply. */
  readonly groups: readonly Group[];
  /** All of the project; absent: `groups` are. Asked when an outcome is explained. */
  readonly everyGroup?: () => readonly Group[];
  /** Keyed `addon/<id>` and `external-addon/<id>`. */
  readonly addons: AddonValues;
  readonly globals: Globals;
}

/** Where a resolved value was written. */
export type Source =
  | { readonly kind: 'direct' }
  | { readonly kind: 'group'; readonly group: string }
  | {
      readonly kind: 'addon';
      readonly group: string;
      readonly addonKind: 'addon' | 'external-addon';
      readonly addonId: string;
      readonly keyName: string;
    };

export interface ResolutionError {
  readonly code: 'CYCLE' | 'TOO_DEEP' | 'TOO_LARGE' | 'TOO_MANY_STEPS';
  /** Names of keys from this one to the trouble; a cycle ends with the name it began with. Never a value. */
  readonly path: readonly string[];
}

/** What an entry draws in of global secrets, as a sum: of either type, and of those that are not there. */
export const DRAWS = { secret: 1, config: 2, missing: 4 } as const;

export interface ResolvedVariable {
  readonly name: string;
  /** null: in error. */
  readonly value: string | null;
  readonly type: Sensitivity;
  /** Type of its source alone. */
  readonly own: Sensitivity;
  /** Of `DRAWS`, through any number of references. */
  readonly draws: number;
  readonly source: Source;
  readonly error: ResolutionError | null;
}

export interface ResolvedFile {
  /** Path of a file, name of a mount. */
  readonly name: string;
  readonly entry: FileEntry;
  readonly type: Sensitivity;
  readonly own: Sensitivity;
  readonly draws: number;
  readonly source: Source;
  readonly error: ResolutionError | null;
}

export interface ResolutionWarning {
  readonly code:
    | 'TIE'
    | 'CASE_TWINS'
    | 'FILE_AND_FOLDER'
    | 'LINKED_TWICE'
    | 'NOT_A_SHELL_NAME'
    | 'SHADOWED_SECRET'
    | 'STALE'
    | 'DANGEROUS_NAME';
  /** Keys, then (for TIE) the groups, all sorted. */
  readonly names: readonly string[];
  readonly groups: readonly string[];
  readonly message: string;
}

export interface UnresolvedReference {
  /** The key or file in which it was found. */
  readonly name: string;
  /** As written, or `addon/<id>/<keyName>` for a link without a value. */
  readonly reference: string;
  readonly reason: string;
  /** Of a link without a value: more than `reason` says, for those who may list the addon. */
  readonly detail?: string;
}

export interface Resolution {
  readonly scope: Scope;
  /** By name. */
  readonly variables: ReadonlyMap<string, ResolvedVariable>;
  readonly files: ReadonlyMap<string, ResolvedFile>;
  readonly mounts: ReadonlyMap<string, ResolvedFile>;
  readonly warnings: readonly ResolutionWarning[];
  readonly unresolved: readonly UnresolvedReference[];
  /**
   * A text (of an utf-8 file) with its references replaced as a variable's would be. Null when it draws on a key in error or
   * the result is too large; the file's own `error` is asked first.
   */
  readonly render: (text: string) => string | null;
  /** Unambiguous text of the whole outcome; the digest is a keyed hash of it. */
  readonly canonical: () => string;
  /** How it was made, when a workload's own values were laid over what others get as well. */
  readonly laid?: Laid | undefined;
}

/** What is a workload's own of an outcome, over what all with the same groups share. */
export interface Laid {
  /** What one without values of its own would get: the same object for all. */
  readonly over: Resolution;
  readonly variables: ReadonlyMap<string, ResolvedVariable>;
  readonly files: ReadonlyMap<string, ResolvedFile>;
  /** None of its own values refers to anything: they stay what they are, whatever becomes of the others. */
  readonly isLiteral: boolean;
}
