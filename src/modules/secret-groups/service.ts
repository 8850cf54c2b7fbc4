import type { AddonLink, FileEntry } from '../../domain/types.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, limitExceeded, notFound } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import { createOnce } from '../../vault/once.ts';
import { type Change, changesOf, type Vault } from '../../vault/vault.ts';
import { requireRevision } from '../access/revision.ts';
import type { Session } from '../access/session.ts';
import type { AddonsService } from '../addons/service.ts';
import type { Contents } from '../contents.ts';
import { requireWithinLimits, sizesOf } from '../holdings.ts';
import type { Keys } from '../keys/keys.ts';
import { projectDocument } from '../projects/model.ts';
import { visibleProject } from '../projects/service.ts';
import type { Upload } from '../rules.ts';
import { type GroupRef, storedGroup, visibleGroup } from './find.ts';
import { createHistory } from './history.ts';
import type { CreateGroupInput, PutGroupInput, UpdateGroupInput } from './inputs.ts';
import { addedLinks, isLink, requireSafeGroup } from './linking.ts';
import { type Decision, type GroupState, groupDocument, partsOf, type StoredGroup, stateOf } from './model.ts';
import { requestOf, without } from './requests.ts';
import { mayOnGroup, requireMayChange } from './rights.ts';

const changes = changesOf(groupDocument);

export interface SecretGroupsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly contents: Contents;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly addons: AddonsService;
}
export type SecretGroupsService = ReturnType<typeof createSecretGroups>;

/** An update: which group, and the revision that the caller saw. */
export interface GroupUpdate extends GroupRef {
  /** Whether names are meant that change what a workload runs. */
  readonly allowDangerousNames?: boolean | null | undefined;
  readonly expectedRevision?: number | null | undefined;
}

const isTaken = (key: readonly string[]) =>
  conflict('There is already a secret with the same derived identifier', { existing: { kind: 'secretGroup', key } });

type Asked = Pick<GroupUpdate, 'project' | 'allowDangerousNames'>;

/** Bundles of variables and files. Every use case reads, decides and commits once. */
export function createSecretGroups(deps: SecretGroupsDeps) {
  const { vault, keys, contents, clock, limits, addons } = deps;
  const once = createOnce(vault, keys);
  const history = createHistory(deps);

  const bySlug = (ref: GroupRef, session: Session): Promise<StoredGroup> =>
    session.read((view) => visibleGroup(ref, view, session));

  function list(project: string, session: Session): Promise<readonly StoredGroup[]> {
    return session.read(async (view) => {
      await visibleProject(project, view, session);
      const { live } = await view.set(groupDocument, project);
      return live.filter(({ fields }) => mayOnGroup(session, 'list', project, fields.type));
    });
  }

  /** The state that a whole input describes, with the contents to be written for it. */
  function wholeState(input: CreateGroupInput, team: string, before: GroupState | null): Decision {
    const { project, idempotencyKey: _, files, dockerSecretMounts, addonLinks, ...rest } = input;
    requireWithinLimits(limits, [input.variables], [sizesOf(files), sizesOf(dockerSecretMounts)]);
    const kept = keepFiles(team, project, files, before, []);
    const mounts = keepFiles(team, project, dockerSecretMounts, before, [kept.entries]);
    const { name, description, stageId, tags, type, secretType, priority, restrictions, variables } = rest;
    const plain = { name, description, stageId, tags, type, secretType, priority, restrictions, variables };
    const state = { ...plain, files: kept.entries, mounts: mounts.entries, links: addonLinks };
    return { state, contents: [...kept.changes, ...mounts.changes] };
  }

  function keepFiles(
    team: string,
    project: string,
    uploads: ReadonlyMap<string, Upload>,
    before: GroupState | null,
    more: readonly ReadonlyMap<string, FileEntry>[],
  ) {
    return contents.keep(team, project, uploads, before ? [before.files, before.mounts, ...more] : more);
  }

  function requireRoom(count: number): void {
    const most = limits.groupsPerProject;
    if (count >= most) throw limitExceeded('secret groups in the project', most, count + 1);
  }

  const create = (input: CreateGroupInput, session: Session) => createOrPut(input, 'secretGroup.create', session);
  const put = (input: PutGroupInput, session: Session) => createOrPut(input, 'secretGroup.put', session);

  async function createOrPut(input: PutGroupInput, operation: string, session: Session) {
    const { team, id: actor } = session.principal;
    const { project } = input;
    const slug = slugOf(input.name);
    const key = [team, project, slug];
    const { expectedRevision, ...whole } = input;
    const asked = { team, actor, operation, at: clock().toISOString(), input: requestOf(input), object: key };
    const created = await once({ ...asked, idempotencyKey: input.idempotencyKey }, (extra) =>
      session.write(key, async () => {
        const { taken, count, guard } = await session.read(async (view) => {
          const guard = changesOf(projectDocument).unchanged(await visibleProject(project, view, session));
          // Before anything else, so that a conflict tells nothing to those who may not write.
          if (!mayOnGroup(session, 'write', project, input.type)) throw forbidden();
          const set = await view.set(groupDocument, project);
          return { taken: set.get(slug), count: set.live.length, guard };
        });
        const before = taken && !taken.deleted ? taken : null;
        if (before && operation === 'secretGroup.create') {
          throw mayOnGroup(session, 'list', project, before.fields.type) ? isTaken(key) : isTaken([]);
        }
        // An upsert onto a group that the caller may not see must neither overwrite nor describe it.
        if (before && !mayOnGroup(session, 'list', project, before.fields.type)) throw isTaken([]);
        if (before) requireRevision(before, expectedRevision);
        else if (expectedRevision) throw conflict('There is no such secret group yet');
        if (!before) requireRoom(count);
        const old = before ? stateOf(before) : null;
        const decided = wholeState(whole, team, old);
        requireMayChange(session, project, old, decided.state);
        const guards = await guardsFor(decided, old, input, session);
        const change = writeOf(key, taken, before, decided.state);
        return session.commit(operation, [change, guard, ...guards, ...(decided.contents ?? []), ...extra]);
      }),
    );
    return { secretGroup: await bySlug({ project, slug }, session), commit: created.commit };
  }

  /** What a change brings must be fit to be brought. Answers checks for its commit. */
  function guardsFor(
    decided: Decision,
    old: GroupState | null,
    { project, allowDangerousNames }: Asked,
    session: Session,
  ) {
    if (decided.isAsItWas) return [];
    requireSafeGroup(old, decided, allowDangerousNames);
    const added = addedLinks(old, decided.state, decided.link);
    if (added.length === 0) return [];
    return session.read((view) => addons.requireLinkable(added, project, view, session));
  }

  function writeOf(
    key: readonly string[],
    taken: StoredGroup | null,
    before: StoredGroup | null,
    state: GroupState,
  ): Change {
    const updatedAt = clock().toISOString();
    const { fields, body } = partsOf(state, { createdAt: before?.fields.createdAt ?? updatedAt, updatedAt });
    return taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body);
  }

  /** The one way to change a group that is there. */
  async function change(
    ref: GroupUpdate,
    operation: string,
    session: Session,
    decide: (state: GroupState, before: StoredGroup) => Decision | Promise<Decision>,
    find: typeof visibleGroup = visibleGroup,
  ) {
    const key = [session.principal.team, ref.project, ref.slug];
    const commit = await session.write(key, async () => {
      const before = await session.read((view) => find(ref, view, session));
      const state = stateOf(before);
      // Asked for before the revision is looked at, so that a stranger to the group learns nothing of it.
      requireMayChange(session, ref.project, state, state);
      requireRevision(before, ref.expectedRevision);
      const decided = await decide(state, before);
      requireMayChange(session, ref.project, state, decided.state);
      requireWithinLimits(limits, [decided.state.variables], [decided.state.files, decided.state.mounts]);
      const guards = await guardsFor(decided, state, ref, session);
      const written = writeOf(key, before, before, decided.state);
      return session.commit(operation, [written, ...guards, ...(decided.contents ?? [])]);
    });
    const secretGroup = await bySlug(ref, session);
    await history.prune(secretGroup, session);
    return { secretGroup, commit };
  }

  function update(ref: GroupUpdate, input: Omit<UpdateGroupInput, 'expectedRevision'>, session: Session) {
    return change(ref, 'secretGroup.update', session, (state) => {
      const { files, dockerSecretMounts, addonLinks, ...plain } = input;
      const { team } = session.principal;
      const kept = files ? keepFiles(team, ref.project, files, state, []) : null;
      const more = kept ? [kept.entries] : [];
      const mounts = dockerSecretMounts ? keepFiles(team, ref.project, dockerSecretMounts, state, more) : null;
      const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
      const next: GroupState = {
        ...state,
        ...given,
        files: kept?.entries ?? state.files,
        mounts: mounts?.entries ?? state.mounts,
        links: addonLinks ?? state.links,
      };
      return { state: next, contents: [...(kept?.changes ?? []), ...(mounts?.changes ?? [])] };
    });
  }

  function setVariable(ref: GroupUpdate, name: string, value: string, session: Session) {
    return change(ref, 'secretGroup.setVariable', session, (state) => ({
      state: { ...state, variables: new Map(state.variables).set(name, value) },
      variable: name,
    }));
  }

  function unsetVariable(ref: GroupUpdate, name: string, session: Session) {
    return change(ref, 'secretGroup.unsetVariable', session, (state) => ({
      state: { ...state, variables: without(state.variables, name, 'variable') },
    }));
  }

  /** `part`: whether the upload is a file or a Docker secret mount. */
  function setFile(ref: GroupUpdate, part: 'files' | 'mounts', name: string, upload: Upload, session: Session) {
    return change(ref, `secretGroup.set.${part}`, session, (state) => {
      const kept = keepFiles(session.principal.team, ref.project, new Map([[name, upload]]), state, []);
      const next = new Map([...state[part], ...kept.entries]);
      return { state: { ...state, [part]: next }, contents: kept.changes };
    });
  }

  function unsetFile(ref: GroupUpdate, part: 'files' | 'mounts', name: string, session: Session) {
    return change(ref, `secretGroup.unset.${part}`, session, (state) => ({
      state: { ...state, [part]: without(state[part], name, part === 'files' ? 'file' : 'mount') },
    }));
  }

  function linkAddon(ref: GroupUpdate, link: AddonLink, session: Session) {
    const other = isLink(link.addonKind, link.addonId);
    return change(ref, 'secretGroup.linkAddon', session, (state) => ({
      state: { ...state, links: [...state.links.filter((each) => !other(each)), link] },
      link,
    }));
  }

  function unlinkAddon(ref: GroupUpdate, kind: AddonLink['addonKind'], addon: string, session: Session) {
    const linked = isLink(kind, addon);
    return change(ref, 'secretGroup.unlinkAddon', session, (state) => {
      if (!state.links.some(linked)) throw notFound(`A link to ${addon}`);
      return { state: { ...state, links: state.links.filter((each) => !linked(each)) } };
    });
  }

  async function remove(ref: GroupUpdate, session: Session) {
    const key = [session.principal.team, ref.project, ref.slug];
    return session.write(key, async () => {
      const before = await bySlug(ref, session);
      if (!mayOnGroup(session, 'delete', ref.project, before.fields.type)) throw forbidden();
      requireRevision(before, ref.expectedRevision);
      const fields = { ...before.fields, updatedAt: clock().toISOString() };
      const commit = await session.commit('secretGroup.delete', [changes.erase(before, fields)]);
      return { secretGroup: before, commit };
    });
  }

  function restore(ref: GroupUpdate, session: Session) {
    const onlyDeleted: typeof visibleGroup = async (address, view) => {
      const stored = await storedGroup(address, view, session);
      if (!stored.deleted) throw conflict('The secret group is not deleted');
      return stored;
    };
    const restored = async (state: GroupState): Promise<Decision> => {
      const { live } = await session.read((view) => view.set(groupDocument, ref.project));
      requireRoom(live.length);
      return { state, isAsItWas: true };
    };
    return change(ref, 'secretGroup.restore', session, restored, onlyDeleted);
  }

  /** Makes an earlier revision the present one, as a new revision. */
  function rollback(ref: GroupUpdate, revision: number, session: Session) {
    return change(ref, 'secretGroup.rollback', session, async (_state, before) => ({
      state: stateOf(await history.revision(before, revision)),
      isAsItWas: true,
    }));
  }

  return {
    bySlug,
    list,
    create,
    put,
    update,
    setVariable,
    unsetVariable,
    setFile,
    unsetFile,
    linkAddon,
    unlinkAddon,
    remove,
    restore,
    rollback,
    history,
  };
}
