import type { Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import type { Fields, Key } from '../../store/port.ts';
import { type DocumentType, idOf, type Stored } from '../../vault/document.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import { evenReading, type Vault, type View } from '../../vault/vault.ts';
import { documentOf as addonDocumentOf } from '../addons/model.ts';
import { appSecretDocument } from '../app-secrets/model.ts';
import { visibleApp } from '../apps/find.ts';
import { appDocument, appScope, environmentDocument } from '../apps/model.ts';
import { mayOnTouched } from '../changes/visible.ts';
import { globalDocument } from '../global-secrets/model.ts';
import { projectDocument, type StoredProject } from '../projects/model.ts';
import { visibleProject } from '../projects/service.ts';
import { groupDocument } from '../secret-groups/model.ts';
import { documentOf as workloadDocumentOf } from '../workloads/model.ts';

/** What can be restored, and the permission that restoring asks for besides `list`. */
export const RESTORABLE = {
  project: 'delete',
  secretGroup: 'write',
  service: 'write',
  job: 'write',
  addon: 'write',
  externalAddon: 'write',
  globalSecret: 'write',
  app: 'write',
  environment: 'write',
  appSecret: 'write',
} as const satisfies Readonly<Record<string, Verb>>;
export type RestorableKind = keyof typeof RESTORABLE;

export interface DeletedAsk {
  readonly kind: RestorableKind;
  /** Of secret groups, workloads and addons. */
  readonly project: string | null;
  /** Of environments and app secrets. */
  readonly app: string | null;
}

/** Something that was deleted and can be restored. Nothing of what it holds. */
export interface DeletedObject {
  readonly kind: RestorableKind;
  readonly key: Key;
  readonly name: string;
  readonly deletedAt: string | null;
  /** Id of the token that did it. */
  readonly deletedBy: string | null;
  readonly restorableUntil: string | null;
}

interface Found {
  readonly kind: RestorableKind;
  readonly stored: Stored<Fields, unknown>;
}

type AnyDocument = DocumentType<Fields, unknown>;
const TYPES: { readonly [K in RestorableKind]: AnyDocument } = {
  project: projectDocument as AnyDocument,
  secretGroup: groupDocument as AnyDocument,
  service: workloadDocumentOf('service') as AnyDocument,
  job: workloadDocumentOf('job') as AnyDocument,
  addon: addonDocumentOf('addon') as AnyDocument,
  externalAddon: addonDocumentOf('external-addon') as AnyDocument,
  globalSecret: globalDocument as AnyDocument,
  app: appDocument as AnyDocument,
  environment: environmentDocument as AnyDocument,
  appSecret: appSecretDocument as AnyDocument,
};

/** Which of them lie in an app, and which belong to the team. */
export const IN_APP: ReadonlySet<RestorableKind> = new Set(['environment', 'appSecret']);
export const IN_TEAM: ReadonlySet<RestorableKind> = new Set(['project', 'globalSecret', 'app']);

const HISTORY = 100;

export type DeletedService = ReturnType<typeof createDeleted>;

/** One list for all nouns of what was deleted, for those who may see it and bring it back. */
export function createDeleted({ vault }: { readonly vault: Vault }) {
  async function setOf({ kind, project, app }: DeletedAsk, view: View, session: Session) {
    if (IN_TEAM.has(kind)) return view.set(TYPES[kind]);
    if (IN_APP.has(kind)) {
      await visibleApp(app ?? '', view, session);
      return view.set(TYPES[kind], appScope(app ?? ''));
    }
    await visibleProject(project ?? '', view, session);
    return view.set(TYPES[kind], project ?? '');
  }

  /** By id. Of what one may not list or not bring back there is nothing. */
  async function list(ask: DeletedAsk, session: Session): Promise<readonly Found[]> {
    const { kind } = ask;
    return session.read(async (view) => {
      const set: DocumentSet<Fields, unknown> = await setOf(ask, view, session);
      const found: Found[] = [];
      for (const stored of set.all) {
        if (!stored.deleted || (kind === 'project' && !isRestorable(stored))) continue;
        const touched = { kind, key: stored.key };
        if (!(await mayOnTouched(touched, 'list', view, session))) continue;
        if (await mayOnTouched(touched, RESTORABLE[kind], view, session)) found.push({ kind, stored });
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
    const past = await vault.revisions(TYPES[kind], stored.key, { limit: HISTORY }, evenReading(session.work));
    const alive = past.findIndex(({ deleted }) => !deleted);
    const first = past[(alive === -1 ? past.length : alive) - 1];
    return first && alive !== -1 ? commitAt(first.seq) : null;
  }

  return { list, facts };
}

const isRestorable = (stored: Stored<Fields, unknown>): boolean =>
  (stored as unknown as StoredProject).fields.destruction === null;
