import type { Session } from '../../access/session.ts';
import type { AddonLink } from '../../domain/types.ts';
import type { Upload } from '../../input/rules.ts';
import { forbidden, notFound } from '../../kernel/errors.ts';
import { changesOf } from '../../vault/change.ts';
import type { View } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import type { Decision } from './decision.ts';
import { deletedGroup, type GroupRef, type GroupUpdate, visibleGroup } from './finding.ts';
import { type Imported, type ImportedNames, importedNames, withImported } from './imported.ts';
import { type CreateGroupInput, type PutGroupInput, restrictionsAfter, type UpdateGroupInput } from './inputs.ts';
import { isLink, linksAfter } from './linking.ts';
import { type GroupState, groupDocument, type StoredGroup, stateOf } from './model.ts';
import { without } from './requests.ts';
import { mayOnGroup } from './rights.ts';
import { createWriting, type WritingDeps } from './writing.ts';

const changes = changesOf(groupDocument);
const IMPORT = 'secretGroup.importVariables';

export type SecretGroupsDeps = WritingDeps;
export type SecretGroupsService = ReturnType<typeof createSecretGroups>;

/** In the place of the one that it replaces, or behind all. */
const replaced = (links: readonly AddonLink[], isMeant: (link: AddonLink) => boolean, link: AddonLink) =>
  links.some(isMeant) ? links.map((each) => (isMeant(each) ? link : each)) : [...links, link];

const bySlug = (ref: GroupRef, session: Session): Promise<StoredGroup> =>
  session.read((view) => visibleGroup(ref, view, session));

function list(project: string, session: Session): Promise<readonly StoredGroup[]> {
  return session.read(async (view) => {
    await visibleProject(project, view, session);
    const { live } = await view.set(groupDocument, project);
    return live.filter(({ fields }) => mayOnGroup(session, 'list', project, fields.type));
  });
}

type Writing = ReturnType<typeof createWriting>;

/** Bundles of variables and files. Every use case reads, decides and commits once. */
export function createSecretGroups(deps: SecretGroupsDeps) {
  const writing = createWriting(deps);
  return {
    bySlug,
    list,
    ...createWhole(writing),
    ...createVariables(writing),
    ...createFiles(writing),
    ...createLinks(writing),
    remove: createRemoval(deps),
    history: writing.history,
  };
}

/** Changes of a group as a whole. */
function createWhole({ createOrPut, change, keepFiles, requireCountable, history }: Writing) {
  const create = (input: CreateGroupInput, session: Session) => createOrPut(input, 'secretGroup.create', session);
  const put = (input: PutGroupInput, session: Session) => createOrPut(input, 'secretGroup.put', session);

  function update(ref: GroupUpdate, input: Omit<UpdateGroupInput, 'expectedRevision'>, session: Session) {
    return change(ref, 'secretGroup.update', session, async (state) => {
      const { files, dockerSecretMounts, addonLinks, addonLinksKind, restrictions, ...plain } = input;
      const kept = files ? await keepFiles(ref.project, files, state, [], session) : null;
      const more = kept ? [kept.entries] : [];
      const mounts = dockerSecretMounts ? await keepFiles(ref.project, dockerSecretMounts, state, more, session) : null;
      const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
      const next: GroupState = {
        ...state,
        ...given,
        restrictions: restrictions
          ? restrictionsAfter(ref.project, state.restrictions, restrictions)
          : state.restrictions,
        files: kept?.entries ?? state.files,
        mounts: mounts?.entries ?? state.mounts,
        links: linksAfter(state.links, addonLinks, addonLinksKind),
      };
      const isPlain = !input.variables && !files && !dockerSecretMounts;
      return { state: next, contents: [...(kept?.changes ?? []), ...(mounts?.changes ?? [])], isPlain };
    });
  }

  function restore(ref: GroupUpdate, session: Session) {
    const restored = async (state: GroupState, _before: StoredGroup, view: View): Promise<Decision> => {
      requireCountable((await view.set(groupDocument, ref.project)).liveCount);
      return { state, isAsItWas: true, isRestored: true };
    };
    return change(ref, 'secretGroup.restore', session, restored, deletedGroup);
  }

  /** Makes an earlier revision the present one, as a new revision. */
  function rollback(ref: GroupUpdate, revision: number, session: Session) {
    return change(ref, 'secretGroup.rollback', session, async (_state, before) => ({
      state: stateOf(await history.revision(before, revision, session)),
      isAsItWas: true,
    }));
  }

  return { create, put, update, restore, rollback };
}

function createVariables({ change, rehearse }: Writing) {
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

  function importVariables(ref: GroupUpdate, imported: Imported, session: Session) {
    return change(ref, IMPORT, session, (state) => ({ state: withImported(state, imported), isImported: true }));
  }

  /** What an import would do, if it is one that would be done. Refuses whoever may not know the names. */
  async function previewImport(ref: GroupUpdate, imported: Imported, session: Session) {
    const seen: (ImportedNames & { readonly secretGroup: StoredGroup })[] = [];
    await rehearse(ref, IMPORT, session, (state, before) => {
      seen.push({ secretGroup: before, ...importedNames(before, imported, session) });
      return { state: withImported(state, imported), isImported: true };
    });
    const [preview] = seen;
    if (!preview) throw new Error('nothing was decided');
    return preview;
  }

  return { setVariable, unsetVariable, importVariables, previewImport };
}

/** Its files and its Docker secret mounts. */
function createFiles({ change, keepFiles }: Writing) {
  /** `part`: whether the upload is a file or a Docker secret mount. */
  function setFile(ref: GroupUpdate, part: 'files' | 'mounts', name: string, upload: Upload, session: Session) {
    return change(ref, `secretGroup.set.${part}`, session, async (state) => {
      const kept = await keepFiles(ref.project, new Map([[name, upload]]), state, [], session);
      const next = new Map([...state[part], ...kept.entries]);
      const only = part === 'files' ? { file: name } : {};
      return { state: { ...state, [part]: next }, contents: kept.changes, ...only };
    });
  }

  function unsetFile(ref: GroupUpdate, part: 'files' | 'mounts', name: string, session: Session) {
    return change(ref, `secretGroup.unset.${part}`, session, (state) => ({
      state: { ...state, [part]: without(state[part], name, part === 'files' ? 'file' : 'mount') },
    }));
  }

  return { setFile, unsetFile };
}

function createLinks({ change }: Writing) {
  function linkAddon(ref: GroupUpdate, link: AddonLink, session: Session) {
    const other = isLink(link.addonKind, link.addonId);
    return change(ref, 'secretGroup.linkAddon', session, (state) => ({
      state: { ...state, links: replaced(state.links, other, link) },
      link,
      isPlain: true,
    }));
  }

  function unlinkAddon(ref: GroupUpdate, kind: AddonLink['addonKind'], addon: string, session: Session) {
    const linked = isLink(kind, addon);
    return change(ref, 'secretGroup.unlinkAddon', session, (state) => {
      if (!state.links.some(linked)) throw notFound('Link to addon', addon);
      return { state: { ...state, links: state.links.filter((each) => !linked(each)) } };
    });
  }

  return { linkAddon, unlinkAddon };
}

function createRemoval({ clock }: SecretGroupsDeps) {
  return async function remove(ref: GroupUpdate, session: Session) {
    const key = [session.principal.team, ref.project, ref.slug];
    const { made: secretGroup, commit } = await session.run({
      operation: 'secretGroup.delete',
      subject: key,
      async find(view) {
        const before = await visibleGroup(ref, view, session);
        if (!mayOnGroup(session, 'delete', ref.project, before.fields.type)) throw forbidden();
        return before;
      },
      seen: (present) => ({ expected: ref.expectedRevision, present }),
      decide(before) {
        const fields = { ...before.fields, updatedAt: clock().toISOString() };
        return { changes: [changes.erase(before, fields)], made: before };
      },
    });
    return { secretGroup, commit };
  };
}
