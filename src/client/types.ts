/* Made of schema.graphql and documents.ts by `npm run schema`. */

/** What a conflict is about. */
export type ConflictReason =
  | 'CHANGED_MEANWHILE'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'IN_USE'
  | 'LAST_ADMINISTRATOR'
  | 'NOT_DELETED'
  | 'NOT_THERE'
  | 'PREVIEW_OUTDATED'
  | 'REVISION_MOVED'
  | 'TAKEN'
  | 'TOO_LATE'
  | 'WRONG_STATE';

/** Every code that an error can carry. */
export type ErrorCode =
  | 'BAD_REQUEST'
  | 'BUDGET_EXCEEDED'
  | 'CONFLICT'
  | 'FORBIDDEN'
  | 'HISTORY_EXPIRED'
  | 'INTEGRITY'
  | 'INTERNAL'
  | 'INVALID_CURSOR'
  | 'INVALID_INPUT'
  | 'LIMIT_EXCEEDED'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'RATE_LIMITED'
  | 'TIMEOUT'
  | 'TOO_LARGE'
  | 'UNAUTHENTICATED'
  | 'UNAVAILABLE'
  | 'UNRESOLVED'
  | 'UNSUPPORTED_MEDIA_TYPE';

/** Why a key has no value. */
export type ResolutionErrorCode = 'CYCLE' | 'TOO_DEEP' | 'TOO_LARGE' | 'TOO_MANY_STEPS';

/** When a workload needs its values. */
export type Scope = 'BUILD' | 'RUNTIME';

/** The kind of a workload. */
export type WorkloadKind = 'JOB' | 'SERVICE';

/** Names that were added, removed or changed, sorted by code point. */
export type NameDiff = {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
};

export type ServiceEnvironment = {
  readonly project: {
    readonly workload: {
      readonly environment: {
        readonly seq: number;
        readonly digest: string;
        readonly variables: readonly {
          readonly name: string;
          readonly value: string | null;
          readonly masked: boolean;
          readonly error: { readonly code: ResolutionErrorCode } | null;
        }[];
        readonly files: readonly {
          readonly path: string;
          readonly data: string | null;
          readonly masked: boolean;
          readonly error: { readonly code: ResolutionErrorCode } | null;
        }[];
        readonly dockerSecretMounts: readonly {
          readonly name: string;
          readonly data: string | null;
          readonly masked: boolean;
          readonly error: { readonly code: ResolutionErrorCode } | null;
        }[];
        readonly unresolved: readonly {
          readonly name: string;
          readonly reference: string | null;
          readonly reason: string;
        }[];
      };
    } | null;
  } | null;
};

export type JobEnvironment = ServiceEnvironment;

export type ServiceStanding = {
  readonly project: {
    readonly workload: { readonly environment: { readonly seq: number; readonly digest: string } } | null;
  } | null;
};

export type JobStanding = ServiceStanding;

export type OwnWorkload = {
  readonly viewer: {
    readonly workload: { readonly project: string; readonly kind: WorkloadKind; readonly id: string } | null;
  };
};

export type EnvironmentChanges = {
  readonly environmentChanged:
    | {
        readonly __typename: 'EnvironmentEvent';
        readonly cursor: string;
        readonly seq: number;
        readonly at: string;
        readonly digest: string | null;
        readonly variables: NameDiff;
        readonly files: NameDiff;
        readonly dockerSecretMounts: NameDiff;
      }
    | { readonly __typename: 'HistoryExpired'; readonly cursor: string };
};
