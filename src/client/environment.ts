import { DOCUMENTS } from './documents.ts';
import { KeyloomError, refused, type Unresolved } from './errors.ts';
import type { Transport } from './transport.ts';
import type * as Api from './types.ts';

/** A workload, as its deploy platform names it. */
export interface Workload {
  readonly project: string;
  readonly kind: Api.WorkloadKind;
  readonly id: string;
}

export interface Place extends Workload {
  readonly scope: Api.Scope;
}

/** What a workload gets in one scope. */
export interface Environment {
  /** The team's commit that this is as of. */
  readonly seq: number;
  /** Equal digests: nothing changed for the workload. */
  readonly digest: string;
  readonly variables: ReadonlyMap<string, string>;
  /** Contents by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Contents by name; at build time only. */
  readonly dockerSecretMounts: ReadonlyMap<string, Uint8Array>;
  /** What has no value; empty unless that is allowed. */
  readonly unresolved: readonly Unresolved[];
}

export interface ResolveOptions {
  /** When the workload gets it; `RUNTIME` unless given. */
  readonly scope?: Api.Scope;
  /** Answers what there is, and names the rest in `unresolved`, instead of the error UNRESOLVED. */
  readonly allowUnresolved?: boolean;
  readonly signal?: AbortSignal;
}

/** The workload that the token stands for. */
export async function ownWorkload({ ask }: Transport, signal?: AbortSignal): Promise<Workload> {
  const { viewer } = await ask<Api.OwnWorkload>(DOCUMENTS.OwnWorkload, {}, signal);
  if (viewer.workload) return viewer.workload;
  throw new KeyloomError('INVALID_INPUT', 'the token stands for no workload: say which one is meant', {
    fields: [{ path: ['workload'], rule: 'required', message: 'must be given with a token of this kind' }],
  });
}

const missing = ({ kind, id, project }: Place): KeyloomError =>
  refused({ code: 'NOT_FOUND', message: `there is no ${kind} ${id} in ${project}, or you may not see it` });

/** Where the workload stands, without any value; `digest: null`: it is gone, or is given nothing. */
export async function standingOf(
  { ask }: Transport,
  { project, kind, id, scope }: Place,
  signal: AbortSignal,
): Promise<{ readonly seq: number; readonly digest: string | null }> {
  const variables = { project, id, scope };
  try {
    const document = kind === 'SERVICE' ? DOCUMENTS.ServiceStanding : DOCUMENTS.JobStanding;
    const found = await ask<Api.ServiceStanding | Api.JobStanding>(document, variables, signal);
    return found.project?.workload?.environment ?? { seq: 0, digest: null };
  } catch (error) {
    if (error instanceof KeyloomError && error.code === 'UNRESOLVED') return { seq: 0, digest: null };
    throw error;
  }
}

/** What the workload gets, whole: whatever is masked or has no value is an error that names it. */
export async function resolveAt({ ask }: Transport, place: Place, options: ResolveOptions): Promise<Environment> {
  const { project, kind, id, scope } = place;
  const document = kind === 'SERVICE' ? DOCUMENTS.ServiceEnvironment : DOCUMENTS.JobEnvironment;
  type Answer = Api.ServiceEnvironment | Api.JobEnvironment;
  const found = await ask<Answer>(document, { project, id, scope }, options.signal);
  const environment = found.project?.workload?.environment;
  if (!environment) throw missing(place);
  const { seq, digest, variables, files, dockerSecretMounts } = environment;
  const entries = [
    ...variables,
    ...files.map(({ path, ...rest }) => ({ name: path, ...rest })),
    ...dockerSecretMounts.map((it) => it),
  ];
  const masked = entries.filter((it) => it.masked).map(({ name }) => name);
  if (masked.length > 0) throw new KeyloomError('FORBIDDEN', `you may not read ${masked.join(', ')}`, { masked });
  const unresolved = [
    ...entries.flatMap(({ name, error }) => (error ? [{ name, reference: null, reason: error.code }] : [])),
    ...environment.unresolved,
  ];
  if (unresolved.length > 0 && options.allowUnresolved !== true) {
    const names = [...new Set(unresolved.map(({ name }) => name))].join(', ');
    throw new KeyloomError('UNRESOLVED', `there is no value for ${names}`, { unresolved });
  }
  return {
    seq,
    digest,
    variables: new Map(variables.flatMap(({ name, value }) => (value === null ? [] : [[name, value]]))),
    files: new Map(files.flatMap(({ path, data }) => (data === null ? [] : [[path, bytesOf(data)]]))),
    dockerSecretMounts: new Map(
      dockerSecretMounts.flatMap(({ name, data }) => (data === null ? [] : [[name, bytesOf(data)]])),
    ),
    unresolved,
  };
}

/** Of base64, where there is no Buffer. */
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
