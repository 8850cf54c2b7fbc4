import type { Session } from '../../access/session.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import type { Fields, Key } from '../../store/port.ts';
import { idOf, type Stored } from '../../vault/document.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { Vault } from '../../vault/port.ts';
import { evenReading, type View } from '../../vault/reading.ts';
import { visibleApp } from '../apps/find.ts';
import { appScope } from '../apps/model.ts';
import { createVisibility } from '../changes/visible.ts';
import { visibleProject } from '../projects/lookup.ts';
import type { Shown, ShownKinds } from '../shown.ts';

export interface DeletedAsk {
  readonly kind: string;
  /** Of secret groups, workloads and addons. */
  readonly project: string | null;
  /** Of environments and app secrets. */
  readonly app: string | null;
}

/** Something that was deleted and can be restored. Nothing of what it holds. */
export interface DeletedObject {
  readonly kind: string;
  readonly key: Key;
  readonly name: string;
  readonly deletedAt: string | null;
  /** Id of the token that did it. */
  readonly deletedBy: string | null;
  readonly restorableUntil: string | null;
}

interface Found {
  readonly kind: string;
  readonly stored: Stored<Fields, unknown>;
}

const HISTORY = 100;

export type DeletedService = ReturnType<typeof createDeleted>;

/** One list for all nouns of what was deleted, for those who may see it and bring it back. */
export function createDeleted({ vault, kinds }: { readonly vault: Vault; readonly kinds: ShownKinds }) {
  const { mayOnTouched } = createVisibility(kinds);

  async function setOf({ type, place }: Shown, { project, app }: DeletedAsk, view: View, session: Session) {
    if (place === 'team') return view.set(type);
    if (place === 'app') {
      await visibleApp(app ?? '', view, session);
      return view.set(type, appScope(app ?? ''));
    }
    await visibleProject(project ?? '', view, session);
    return view.set(type, project ?? '');
  }

  /** By id. Of what one may not list or not bring back there is nothing. */
  async function list(ask: DeletedAsk, session: Session): Promise<readonly Found[]> {
    const { kind } = ask;
    const noun = kinds.get(kind);
    const restorable = noun?.restorable;
    if (!noun || !restorable) return [];
    return session.read(async (view) => {
      const set: DocumentSet<Fields, unknown> = await setOf(noun, ask, view, session);
      const found: Found[] = [];
      for (const stored of set.all) {
        if (!stored.deleted || restorable.isOver?.(stored.fields)) continue;
        const touched = { kind, key: stored.key };
        if (!(await mayOnTouched(touched, 'list', view, session))) continue;
        if (await mayOnTouched(touched, restorable.verb, view, session)) found.push({ kind, stored });
      }
      return found.sort((a, b) => byCodePoint(idOf(a.stored.key), idOf(b.stored.key)));
    });
  }

  /** When it was deleted, and by whom: looked up for what is shown alone. */
  async function facts({ kind, stored }: Found, session: Session): Promise<DeletedObject> {
    const commit = await deletion({ kind, stored }, session);
    const { name, shredAfter } = stored.fields as { readonly name?: unknown; readonly shredAfter?: unknown };
    return {
      kind,
      key: stored.key,
      name: typeof name === 'string' ? name : idOf(stored.key),
      deletedAt: commit?.at ?? null,
      deletedBy: commit?.actor ?? null,
      restorableUntil: typeof shredAfter === 'string' ? shredAfter : null,
    };
  }

  async function deletion({ kind, stored }: Found, session: Session) {
    const { team } = session.principal;
    const commitAt = async (seq: number) => (await vault.commits(team, seq - 1, 1))[0] ?? null;
    const last = await commitAt(stored.seq);
    if (last?.operation.endsWith('.delete')) return last;
    // It was written since, as the gateway does when it removes old credentials.
    const noun = kinds.get(kind);
    if (!noun) return null;
    const past = await vault.revisions(noun.type, stored.key, { limit: HISTORY }, evenReading(session.work));
    const alive = past.findIndex(({ deleted }) => !deleted);
    const first = past[(alive === -1 ? past.length : alive) - 1];
    return first && alive !== -1 ? commitAt(first.seq) : null;
  }

  return { list, facts };
}
