import type { Scope, WorkloadKind } from '../../domain/types.ts';
import type { Json } from '../../store/port.ts';
import { type DocumentType, plainDocument, type Stored } from '../../vault/document.ts';

/** What workloads draw on, and so what they may have to be restarted for. */
export const SOURCE_KINDS = ['secretGroup', 'addon', 'externalAddon', 'globalSecret'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** `project` null: a global secret, which belongs to the team. */
export type SourceAddress = { readonly kind: SourceKind; readonly project: string | null; readonly slug: string };

/** A workload of a team. */
export type WorkloadName = { readonly project: string; readonly kind: WorkloadKind; readonly id: string };

export const RESTART_STATES = ['running', 'released', 'cancelled', 'timedOut'] as const;
export type RestartState = (typeof RESTART_STATES)[number];

/** A batch of restart requests: key `[team, id]`. */
export type RestartFields = {
  readonly source: SourceAddress;
  /** Where its requests are. */
  readonly projects: readonly string[];
  readonly requestedAt: string;
  readonly requestedBy: string;
  /** The commit whose environment the workloads must run. */
  readonly seq: number;
  /** How many there are in all, and how many were released. */
  readonly waves: number;
  readonly released: number;
  readonly releasedAt: string;
  readonly pauseSeconds: number;
  /** null: the next wave does not wait for acknowledgements. */
  readonly timeoutSeconds: number | null;
  readonly onTimeout: 'cancel' | 'continue';
  readonly state: RestartState;
};
export const SKIPS = ['unchanged', 'unresolved'] as const;
export interface Skipped extends WorkloadName {
  readonly why: (typeof SKIPS)[number];
}
export interface RestartBody {
  readonly reason: string | null;
  readonly skipped: readonly Skipped[];
}
export const restartDocument: DocumentType<RestartFields, RestartBody> = {
  kind: 'restart',
  encode: ({ reason, skipped }) => ({ reason, skipped: skipped.map((each) => ({ ...each })) }),
  decode: (json) => json as unknown as RestartBody,
};
export type StoredRestart = Stored<RestartFields, RestartBody>;

export const REQUEST_STATES = ['waiting', 'released', 'acknowledged', 'superseded', 'cancelled'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/**
 * A request to restart one workload: key `[team, project, id]`. Exactly one revision changed its state to `released`: the
 * commit of that revision is what listeners wait for.
 */
export type RequestFields = {
  /** Id of the restart that it belongs to. */
  readonly restart: string;
  readonly kind: WorkloadKind;
  readonly workload: string;
  /** Those whose outcome is another one than what runs. */
  readonly scopes: readonly Scope[];
  readonly seq: number;
  /** From 1 on. */
  readonly wave: number;
  readonly state: RequestState;
  readonly requestedAt: string;
  /** Not released earlier, save for what the clock does. */
  readonly notBefore: string;
  readonly releasedAt: string | null;
  readonly closedAt: string | null;
  /** Which of the registrations under its id. Absent: it was asked for before this was kept. */
  readonly registration?: string;
};
export interface RequestBody {
  readonly reason: string | null;
}
/** What of a workload is not over yet, released and waiting, is found under this. */
export const unendedOf = (kind: WorkloadKind, id: string): string => `${kind} ${id}`;
export const requestDocument: DocumentType<RequestFields, RequestBody> = {
  kind: 'restartRequest',
  terms: ({ fields: { state, kind, workload } }) =>
    state === 'waiting' || state === 'released' ? [unendedOf(kind, workload)] : [],
  encode: ({ reason }) => ({ reason }),
  decode: (json) => ({ reason: (json as { readonly [name: string]: Json }).reason as string | null }),
};
export type StoredRequest = Stored<RequestFields, RequestBody>;

/** What a workload said that it runs in a scope: key `[team, project, runningId]`. */
export type RunningFields = {
  readonly kind: WorkloadKind;
  readonly workload: string;
  readonly scope: Scope;
  readonly seq: number;
  /** null: history no longer told it. */
  readonly digest: string | null;
  readonly at: string;
  readonly by: string;
  /** It ran a later commit before. */
  readonly rolledBack: boolean;
  /** Which of the registrations under its id. Absent: it was said before this was kept. */
  readonly registration?: string;
};
export const runningDocument = plainDocument<RunningFields>('running');
export type StoredRunning = Stored<RunningFields, null>;
export const runningId = (kind: WorkloadKind, id: string, scope: Scope): string => `${kind}:${id}:${scope}`;

export const DELIVERY_STATES = ['pending', 'failed', 'delivered', 'dead', 'cancelled'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export type DeliveryError = 'STATUS' | 'TIMEOUT' | 'UNREACHABLE' | 'REFUSED' | 'GONE' | 'NO_WEBHOOK';

export type Attempt = {
  readonly at: string;
  /** null: there was no answer. */
  readonly status: number | null;
  /** null: it was delivered. */
  readonly error: DeliveryError | null;
};

/** What goes to the deploy webhook for a request: its key is the request's. `pending` and `failed` are still to be delivered. */
export type DeliveryFields = {
  readonly kind: WorkloadKind;
  readonly workload: string;
  readonly state: DeliveryState;
  /** Since 1, one more with every redelivery that somebody asked for. */
  readonly round: number;
  /** Failed ones of this round. */
  readonly failures: number;
  /** In all. */
  readonly attempts: number;
  /** The last ones. */
  readonly log: readonly Attempt[];
  readonly createdAt: string;
  /** null: never again. */
  readonly nextAt: string | null;
};
export const deliveryDocument = plainDocument<DeliveryFields>('restartDelivery');
export type StoredDelivery = Stored<DeliveryFields, null>;

/** One for a project: key `[team, project]`. Whoever adds requests touches it, so that two who do cannot miss each other. */
export type QueueFields = {
  /** Who delivers now: the process, and a text of each taking. */
  readonly lease: { readonly holder: string; readonly token: string } | null;
  /** When something is due; null: nothing is. */
  readonly nextAt: string | null;
  /** Failed attempts in a row that make the target look down. */
  readonly failures: number;
};
export const queueDocument = plainDocument<QueueFields>('restartQueue');
export type StoredQueue = Stored<QueueFields, null>;

export type WebhookFields = {
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
};
export interface SigningSecret {
  readonly text: string;
  readonly since: string;
  /** null: the present one. */
  readonly until: string | null;
}
export interface WebhookBody {
  readonly url: string;
  /** The present one first. */
  readonly secrets: readonly SigningSecret[];
}
export const webhookDocument: DocumentType<WebhookFields, WebhookBody> = {
  kind: 'deployWebhook',
  encode: ({ url, secrets }) => ({ url, secrets: secrets.map((each) => ({ ...each })) }),
  decode: (json) => json as unknown as WebhookBody,
};
export type StoredWebhook = Stored<WebhookFields, WebhookBody>;
/** The last part of its key: a project has one. */
export const WEBHOOK_ID = 'deploy';
