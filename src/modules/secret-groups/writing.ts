import type { Session } from '../../access/session.ts';
import type { FileEntry } from '../../domain/types.ts';
import type { Services } from '../../graphql/types/services.ts';
import type { Upload } from '../../input/rules.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, invalidInput, limitExceeded } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Key } from '../../store/port.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { Order } from '../../vault/order.ts';
import type { Vault } from '../../vault/port.ts';
import type { View } from '../../vault/reading.ts';
import type { Contents } from '../contents.ts';
import { requireRoomForGroup } from '../environment-room.ts';
import { requireMayRefer } from '../global-secrets/references.ts';
import { requireWithinLimits, sizesOf } from '../holdings.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import type { Decision } from './decision.ts';
import { type FindGroup, type GroupUpdate, visibleGroup } from './finding.ts';
import { createHistory } from './history.ts';
import { type CreateGroupInput, newRestrictions, type PutGroupInput } from './inputs.ts';
import { addedLinks, requireSafeGroup } from './linking.ts';
import { type GroupState, groupDocument, groupWriting, partsOf, type StoredGroup, stateOf } from './model.ts';
import { requestOf } from './requests.ts';
import { mayOnGroup, requireMayChange } from './rights.ts';

const changes = changesOf(groupDocument);

/** Values that are given again are a change, equal or not. */
const holdsNothing = ({ variables, files, mounts }: GroupState): boolean =>
  variables.size + files.size + mounts.size === 0;

export interface WritingDeps {
  readonly vault: Vault;
  readonly contents: Contents;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly addons: Services['addons'];
}

type Changing = [
  ref: GroupUpdate,
  operation: string,
  session: Session,
  decide: (state: GroupState, before: StoredGroup, view: View) => Decision | Promise<Decision>,
  find?: FindGroup,
];

/** As it is, with what is found typed. */
const orderOf = <Found>(order: Order<Found>): Order<Found> => order;

type Asked = Pick<GroupUpdate, 'project' | 'allowDangerousNames'>;

const isTaken = (key: readonly string[]) =>
  conflict('TAKEN', 'There is already a secret with the same derived identifier', {
    existing: { kind: 'secretGroup', key },
  });

/** A put says the whole group; one that leaves out who may have it would open it to everybody. */
function requireNamedRestrictions(before: GroupState | null, { restrictions }: PutGroupInput): void {
  if (!before?.restrictions.restricted || restrictions) return;
  const message = 'must be given: the group is restricted (to open it, `restricted: false`)';
  throw invalidInput([{ path: ['restrictions'], rule: 'required', message }]);
}

const bySlug = (ref: GroupUpdate, session: Session) => session.read((view) => visibleGroup(ref, view, session));

function writeOf(
  key: readonly string[],
  taken: StoredGroup | null,
  before: StoredGroup | null,
  state: GroupState,
  updatedAt: string,
): Change {
  const { fields, body } = partsOf(state, { createdAt: before?.fields.createdAt ?? updatedAt, updatedAt });
  return taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body);
}

/** What every written group must pass, and what its contents become. */
function createGroupRules({ contents, limits, addons }: WritingDeps) {
  /** The state that a whole input describes, with the contents to be written for it. */
  async function wholeState(input: CreateGroupInput, before: GroupState | null, session: Session): Promise<Decision> {
    const { project, idempotencyKey: _, allowDangerousNames: _meant, ...given } = input;
    const { files, dockerSecretMounts, addonLinks, restrictions, ...plain } = given;
    requireWithinLimits(limits, [input.variables], [sizesOf(files), sizesOf(dockerSecretMounts)]);
    const kept = await keepFiles(project, files, before, [], session);
    const mounts = await keepFiles(project, dockerSecretMounts, before, [kept.entries], session);
    const state: GroupState = {
      ...plain,
      restrictions: newRestrictions(project, restrictions),
      files: kept.entries,
      mounts: mounts.entries,
      links: addonLinks,
    };
    return { state, contents: [...kept.changes, ...mounts.changes] };
  }

  /** Entries for uploads to a group that was `before`; contents that it or `more` hold are not written again. */
  function keepFiles(
    project: string,
    uploads: ReadonlyMap<string, Upload>,
    before: GroupState | null,
    more: readonly ReadonlyMap<string, FileEntry>[],
    session: Session,
  ) {
    return contents.keep(project, uploads, before ? [before.files, before.mounts, ...more] : more, session);
  }

  function requireCountable(count: number): void {
    const max = limits.groupsPerProject;
    if (count >= max) throw limitExceeded('secret groups in the project', max, count + 1, 'groupsPerProject');
  }

  /** What a change brings must be fit to be brought. Answers checks for its commit. */
  async function guardsFor(
    decided: Decision,
    old: GroupState | null,
    { project, allowDangerousNames }: Asked,
    view: View,
    session: Session,
  ) {
    const { state, isAsItWas, isRestored, link } = decided;
    const held = old && !isRestored ? groupWriting(old) : null;
    const guards = await requireMayRefer(held, groupWriting(state), view, session);
    if (isAsItWas) return guards;
    requireSafeGroup(old, decided, allowDangerousNames);
    const added = addedLinks(old, state, link);
    if (added.length === 0) return guards;
    return [...guards, ...(await addons.requireLinkable(added, project, view, session))];
  }

  /** Every environment that it goes into must have room for it. */
  function requireRoom(
    { project, slug: id }: GroupUpdate,
    before: StoredGroup | null,
    state: GroupState,
    view: View,
    session: Session,
  ): Promise<void> {
    const { fields } = partsOf(state, { createdAt: '', updatedAt: '' });
    const { type, secretType, priority, restrictions, weight } = fields;
    const header = { id, type, secretType, priority, restrictions };
    return requireRoomForGroup({ project, view, session, limits }, before, { header, weight });
  }

  return { wholeState, keepFiles, requireCountable, guardsFor, requireRoom };
}

interface Means extends ReturnType<typeof createGroupRules> {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly history: ReturnType<typeof createHistory>;
}

/** The two ways in which the state of a group is written: as a whole under its name, and as a change of what is there. */
export function createWriting(deps: WritingDeps) {
  const history = createHistory(deps);
  const rules = createGroupRules(deps);
  const means = { ...rules, clock: deps.clock, limits: deps.limits, history };
  const { keepFiles, requireCountable } = rules;
  return { createOrPut: createPutting(means), ...createChanging(means), keepFiles, requireCountable, history };
}

function createPutting({ clock, history, wholeState, requireCountable, guardsFor, requireRoom }: Means) {
  return async function createOrPut(input: PutGroupInput, operation: string, session: Session) {
    const { project } = input;
    const slug = slugOf(input.name);
    const key = [session.principal.team, project, slug];
    const { expectedRevision, ...whole } = input;
    const { commit } = await session.run({
      operation,
      subject: key,
      once: { idempotencyKey: input.idempotencyKey, input: requestOf(input) },
      find: (view) => replaceable(input, key, operation, view, session),
      seen: ({ before: present }) => ({
        expected: expectedRevision,
        present,
        absent: 'There is no such secret group yet',
      }),
      async decide({ taken, before, count, guard }, view) {
        const old = before ? stateOf(before) : null;
        requireNamedRestrictions(old, input);
        const decided = await wholeState(whole, old, session);
        requireMayChange(session, project, old, decided.state);
        const guards = await guardsFor(decided, old, input, view, session);
        const change = writeOf(key, taken, before, decided.state, clock().toISOString());
        return {
          changes: [change, ...(decided.contents ?? [])],
          guards: [guard, ...guards],
          async room() {
            if (!before) requireCountable(count);
            await requireRoom({ project, slug }, before, decided.state, view, session);
          },
          standing: holdsNothing(decided.state) ? changes.standing(before, change) : null,
        };
      },
      keeps: [history.keeping],
    });
    return { secretGroup: await bySlug({ project, slug }, session), commit };
  };
}

/** What a group of this name would take the place of, for whoever may write it there. */
async function replaceable(
  { project, type }: PutGroupInput,
  key: Key,
  operation: string,
  view: View,
  session: Session,
) {
  const guard = changesOf(projectDocument).unchanged(await visibleProject(project, view, session));
  // Before anything else, so that a conflict tells nothing to those who may not write.
  if (!mayOnGroup(session, 'write', project, type)) throw forbidden();
  const set = await view.set(groupDocument, project);
  const taken = set.get(idOf(key));
  const before = taken && !taken.deleted ? taken : null;
  if (before) {
    const maySee = mayOnGroup(session, 'list', project, before.fields.type);
    if (operation === 'secretGroup.create') throw isTaken(maySee ? key : []);
    // An upsert onto a group that the caller may not see must neither overwrite nor describe it.
    if (!maySee) throw isTaken([]);
  }
  return { taken, before, count: set.liveCount, guard };
}

function createChanging({ clock, limits, history, guardsFor, requireRoom }: Means) {
  /** The one way to change a group that is there. */
  async function change(...[ref, operation, session, decide, find]: Changing) {
    const { commit } = await session.run(changing(ref, operation, session, decide, find));
    return { secretGroup: await bySlug(ref, session), commit };
  }

  /** Everything that a change takes, but the change: refuses what would be refused. */
  async function rehearse(...[ref, operation, session, decide, find]: Changing) {
    await session.plan(changing(ref, operation, session, decide, find));
  }

  function changing(...[ref, operation, session, decide, find = visibleGroup]: Changing) {
    const key = [session.principal.team, ref.project, ref.slug];
    return orderOf({
      operation,
      subject: key,
      async find(view) {
        const before = await find(ref, view, session);
        const state = stateOf(before);
        // Asked for before the revision is looked at, so that a stranger to the group learns nothing of it.
        requireMayChange(session, ref.project, state, state);
        return { before, state };
      },
      seen: ({ before: present }) => ({ expected: ref.expectedRevision, present }),
      async decide({ before, state }, view) {
        const decided = await decide(state, before, view);
        requireMayChange(session, ref.project, state, decided.state);
        requireWithinLimits(limits, [decided.state.variables], [decided.state.files, decided.state.mounts]);
        const guards = await guardsFor(decided, state, ref, view, session);
        const written = writeOf(key, before, before, decided.state, clock().toISOString());
        return {
          changes: [written, ...(decided.contents ?? [])],
          guards,
          room: () => requireRoom(ref, before, decided.state, view, session),
          standing: decided.isPlain ? changes.standing(before, written) : null,
        };
      },
      keeps: [history.keeping],
    });
  }

  return { change, rehearse };
}
