import { can, isSelf } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { fileFacts } from '../../domain/canonical.ts';
import { DRAWS, type ResolvedFile, type ResolvedVariable, type Sensitivity } from '../../domain/types.ts';
import { mayOnGlobal } from '../global-secrets/rights.ts';
import { Entries, type EntryFacts, type Guarded, hashOfFacts } from './entry-facts.ts';
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

/** Its own token is no viewer: the workload gets what was written into its environment, whole. */
export function sightOf({ project, kind, id }: Omit<WorkloadAsk, 'scope' | 'at'>, session: Session): Sight {
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
  const sees = ({ type, draws: drawn }: Guarded) => seesType[type] && (drawn & ~drawable) === 0;
  return {
    key: `${seesType.secret} ${seesType.config} ${drawable}`,
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

const known = new WeakMap<object, EnvironmentFacts>();

/** Contents as they were delivered; rights by the types of now. */
export function factsOf({ resolution, input, addonVersions, version }: Environment): EnvironmentFacts {
  const made = known.get(resolution);
  if (made) return made;
  const versions = new Map(input.groups.map(({ id, version: of = 0 }) => [id, of]));
  const written = ({ source }: Pick<ResolvedVariable, 'source'>): string => {
    if (source.kind === 'direct') return `direct ${version}`;
    const group = `${source.group} ${versions.get(source.group)}`;
    if (source.kind === 'group') return group;
    return `${group} ${addonVersions.get(`${source.addonKind}/${source.addonId}`)}`;
  };
  const entries = <T extends ResolvedVariable | ResolvedFile>(
    of: ReadonlyMap<string, T>,
    content: (entry: T) => readonly unknown[],
  ): Entries =>
    new Entries(
      [...of].map(([name, entry]) => {
        const { type, own, draws } = entry;
        return [name, { type, own, draws, content: hashOfFacts(content(entry)), written: written(entry) }];
      }),
    );
  const files = (part: 'files' | 'mounts') => entries(resolution[part], (file) => fileFacts(file, resolution.render));
  const facts = {
    variables: entries(resolution.variables, ({ value, error }) => [value, error?.code, error?.path]),
    files: files('files'),
    mounts: files('mounts'),
  };
  known.set(resolution, facts);
  return facts;
}

/** Name -> what is equal as long as the viewer sees the same, and nothing was written that is hidden. */
export function seenFacts(entries: Entries, sight: Sight): ReadonlyMap<string, string> {
  return new Map(
    [...entries].map(([name, entry]) => [
      name,
      sight.sees(entry) ? `seen ${entry.content}` : `hidden ${sight.typeOf(entry)} ${entry.written}`,
    ]),
  );
}

/** The outcome as somebody sees it who does not see all of it, as bytes for a digest of its own kind. */
export function seenBytes(facts: EnvironmentFacts, sight: Sight, place: readonly string[]): Uint8Array {
  const told = ([name, entry]: readonly [string, EntryFacts]): readonly [string, string] => [
    name,
    sight.sees(entry)
      ? `seen ${Buffer.from(entry.content, 'latin1').toString('base64url')}`
      : `hidden ${sight.typeOf(entry)} ${entry.written}`,
  ];
  const parts = (['variables', 'files', 'mounts'] as const).map((part) => [...facts[part]].map(told));
  return Buffer.from(JSON.stringify(['keyloom-seen-1', sight.key, place, parts]));
}
