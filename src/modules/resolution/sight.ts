import { can, isSelf, type Principal } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { fileFacts } from '../../domain/canonical.ts';
import {
  DRAWS,
  type Resolution,
  type ResolvedFile,
  type ResolvedVariable,
  type Sensitivity,
} from '../../domain/types.ts';
import { mayOnGlobal } from '../global-secrets/rights.ts';
import { type Entries, type EntryFacts, type Guarded, hashOfFacts, LaidEntries, PackedEntries } from './entry-facts.ts';
import type { Environment, WorkloadAsk } from './model.ts';

/** What one viewer may see of the environment of one workload. Equal keys: the same of every environment. */
export interface Sight {
  readonly key: string;
  /** Whatever it holds. */
  readonly isWhole: boolean;
  readonly sees: (entry: Guarded) => boolean;
  /** Whether texts of this type may be seen, whatever they draw in. */
  readonly seesType: (type: Sensitivity) => boolean;
  /** What is told as the type of an entry: of a hidden text not even whether it draws on a secret. */
  readonly typeOf: (entry: Guarded) => Sensitivity;
}

/** Whoever is no workload sees the same of all workloads of a project. */
const ofProjects = new WeakMap<Principal, Map<string, Sight>>();

/** Its own token is no viewer: the workload gets what was written into its environment, whole. */
export function sightOf(ask: Omit<WorkloadAsk, 'scope' | 'at'>, session: Pick<Session, 'principal'>): Sight {
  const { principal } = session;
  if (principal.workload !== null) return newSight(ask, session);
  const known = ofProjects.get(principal) ?? new Map<string, Sight>();
  ofProjects.set(principal, known);
  const sight = known.get(ask.project) ?? newSight(ask, session);
  known.set(ask.project, sight);
  return sight;
}

function newSight(
  { project, kind, id }: Omit<WorkloadAsk, 'scope' | 'at'>,
  session: Pick<Session, 'principal'>,
): Sight {
  const target = { project, workload: { kind, id } };
  const resolves = (type: Sensitivity) => can(session.principal, 'resolve', 'workload', { ...target, type });
  const seesType = { secret: resolves('secret'), config: resolves('config') };
  const isOwn = isSelf(session.principal, target);
  const lists = (type: Sensitivity) => isOwn || mayOnGlobal(session, 'list', type);
  const draws = (type: Sensitivity) => lists(type) && (isOwn || mayOnGlobal(session, 'read', type));
  const drawable =
    (draws('secret') ? DRAWS.secret : 0) |
    (draws('config') ? DRAWS.config : 0) |
    // Whether one is there that is not there is for those to know who may list them all.
    (lists('secret') && lists('config') ? DRAWS.missing : 0);
  const key = `${seesType.secret} ${seesType.config} ${drawable}`;
  const made = sights.get(key) ?? sightBy(key, seesType, drawable);
  sights.set(key, made);
  return made;
}

/** All that there are: thousands may look at environments of their own in the same way. */
const sights = new Map<string, Sight>();

function sightBy(key: string, seesType: Readonly<Record<Sensitivity, boolean>>, drawable: number): Sight {
  const sees = ({ type, draws: drawn }: Guarded) => seesType[type] && (drawn & ~drawable) === 0;
  return {
    key,
    isWhole: seesType.secret && seesType.config && drawable === (DRAWS.secret | DRAWS.config | DRAWS.missing),
    sees,
    seesType: (type) => seesType[type],
    typeOf: (entry) => (!seesType[entry.own] ? entry.own : sees(entry) ? entry.type : 'secret'),
  };
}

export interface EnvironmentFacts {
  readonly variables: Entries;
  readonly files: Entries;
  readonly mounts: Entries;
}

/** By outcome; of what is shared by what all share of it. */
const known = new WeakMap<Resolution, EnvironmentFacts>();
const shared = new WeakMap<Resolution, Readonly<Record<keyof EnvironmentFacts, PackedEntries>>>();

type Written = (entry: Pick<ResolvedVariable, 'source'>) => string;

/** When the source of an entry was written, as texts that differ whenever it was written again. */
function writtenIn({ input, addonVersions, version }: Environment): Written {
  let versions: ReadonlyMap<string, number> | null = null;
  return ({ source }) => {
    if (source.kind === 'direct') return `direct ${version}`;
    // Nothing that groups give is told of but once for all who share it.
    versions ??= new Map(input.groups.map(({ id, version: of = 0 }) => [id, of]));
    const group = `${source.group} ${versions.get(source.group)}`;
    if (source.kind === 'group') return group;
    return `${group} ${addonVersions.get(`${source.addonKind}/${source.addonId}`)}`;
  };
}

function packed<T extends ResolvedVariable | ResolvedFile>(
  entries: ReadonlyMap<string, T>,
  written: Written,
  content: (entry: T) => readonly unknown[],
): PackedEntries {
  return new PackedEntries(
    [...entries].map(([name, entry]) => {
      const { type, own, draws } = entry;
      return [name, { type, own, draws, content: hashOfFacts(content(entry)), written: written(entry) }];
    }),
  );
}

type Parts = Pick<Resolution, 'variables' | 'files' | 'mounts'>;

function packedParts({ variables, files, mounts }: Parts, written: Written, render: Resolution['render']) {
  const contents = (part: Parts['files']) => packed(part, written, (file) => fileFacts(file, render));
  return {
    variables: packed(variables, written, ({ value, error }) => [value, error?.code, error?.path]),
    files: contents(files),
    mounts: contents(mounts),
  };
}

/** Contents as they were delivered; rights by the types of now. */
export function factsOf(environment: Environment): EnvironmentFacts {
  const { resolution } = environment;
  const made = known.get(resolution);
  if (made) return made;
  const facts = newFacts(environment);
  known.set(resolution, facts);
  return facts;
}

/** `literal`: facts of before, of the same values of its own, none of which refers to anything; null: it has to look at them. */
export function newFacts(environment: Environment, literal: EnvironmentFacts | null = null): EnvironmentFacts {
  const { resolution } = environment;
  const { laid } = resolution;
  const written = writtenIn(environment);
  if (laid === undefined) return packedParts(resolution, written, resolution.render);
  const over = shared.get(laid.over) ?? packedParts(laid.over, written, laid.over.render);
  shared.set(laid.over, over);
  const ownOf = (part: 'variables' | 'files'): PackedEntries => {
    const kept = literal?.[part];
    if (kept instanceof LaidEntries) return kept.own;
    const { variables, files } = laid;
    return packedParts({ variables, files, mounts: new Map() }, written, resolution.render)[part];
  };
  const laidOver = (part: 'variables' | 'files'): Entries =>
    laid[part].size === 0 ? over[part] : new LaidEntries(ownOf(part), over[part]);
  return { variables: laidOver('variables'), files: laidOver('files'), mounts: over.mounts };
}

/** The outcome as somebody sees it who does not see all of it, as a text for a digest of its own kind. */
export function seenText(facts: EnvironmentFacts, sight: Sight, place: readonly string[]): string {
  const told = ([name, entry]: readonly [string, EntryFacts]): readonly [string, string] => [
    name,
    sight.sees(entry)
      ? `seen ${Buffer.from(entry.content, 'latin1').toString('base64url')}`
      : `hidden ${sight.typeOf(entry)} ${entry.written}`,
  ];
  const parts = (['variables', 'files', 'mounts'] as const).map((part) => [...facts[part]].map(told));
  return JSON.stringify(['keyloom-seen-1', sight.key, place, parts]);
}
