import { can, type Resource, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { WorkloadKind } from '../../domain/types.ts';
import type { Key, Kind, Touched } from '../../store/port.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/vault.ts';
import { mayOnSecrets } from '../app-secrets/rights.ts';
import { appDocument, appOf } from '../apps/model.ts';
import { globalDocument } from '../global-secrets/model.ts';
import { mayOnGlobal } from '../global-secrets/rights.ts';
import { visibleProject } from '../projects/service.ts';
import { groupDocument } from '../secret-groups/model.ts';
import { mayOnGroup } from '../secret-groups/rights.ts';

/** Kinds of documents that people know of. What is not here is the gateway's own business and shows nowhere. */
export const SHOWN_KINDS = [
  'team',
  'project',
  'tag',
  'role',
  'token',
  'service',
  'job',
  'secretGroup',
  'globalSecret',
  'addon',
  'externalAddon',
  'app',
  'environment',
  'appSecret',
  'appSecretValue',
] as const satisfies readonly Kind[];
export type ShownKind = (typeof SHOWN_KINDS)[number];

type May = (key: Key, view: View, session: Session, verb: Verb) => boolean | Promise<boolean>;

const plain =
  (resource: Resource): May =>
  (_key, _view, { principal }, verb) =>
    can(principal, verb, resource);

/** Things of a project are seen only while it lives. */
const inProject =
  (may: May): May =>
  async (key, view, session, verb) =>
    (await isVisibleProject(key[1] ?? '', view, session)) && may(key, view, session, verb);

const workload = (kind: WorkloadKind): May =>
  inProject((key, _view, { principal }, verb) =>
    can(principal, verb, 'workload', { project: key[1] ?? '', workload: { kind, id: idOf(key) } }),
  );

const addon = inProject(([, project = ''], _view, { principal }, verb) =>
  can(principal, verb, 'addon', { project, type: 'secret' }),
);

/** By the type that it has now; one that was tampered with shows to nobody. */
const group = inProject(async (key, view, session, verb) => {
  const [, project = ''] = key;
  const set = await view.set(groupDocument, project);
  const stored = set.damaged.has(idOf(key)) ? null : set.get(idOf(key));
  return stored !== null && mayOnGroup(session, verb, project, stored.fields.type);
});

const global: May = async (key, view, session, verb) => {
  const set = await view.set(globalDocument);
  const stored = set.damaged.has(idOf(key)) ? null : set.get(idOf(key));
  return stored !== null && mayOnGlobal(session, verb, stored.fields.type);
};

/** Things of an app are seen only while it lives. */
const inApp =
  (may: (session: Session, verb: Verb) => boolean): May =>
  async ({ 1: scope = '' }, view, session, verb) => {
    const app = (await view.set(appDocument)).get(appOf({ key: ['', scope] }));
    return app !== null && !app.deleted && can(session.principal, 'list', 'app') && may(session, verb);
  };

const RULES: { readonly [K in ShownKind]: May } = {
  team: plain('team'),
  project: ([, project = ''], _view, { principal }, verb) => can(principal, verb, 'project', { project }),
  tag: plain('tag'),
  role: plain('role'),
  token: plain('token'),
  service: workload('service'),
  job: workload('job'),
  secretGroup: group,
  globalSecret: global,
  addon,
  externalAddon: addon,
  app: plain('app'),
  environment: inApp(({ principal }, verb) => can(principal, verb, 'app')),
  appSecret: inApp(mayOnSecrets),
  // Which values are set where is for those who may see keys.
  appSecretValue: inApp((session, verb) => mayOnSecrets(session, verb === 'list' ? 'listKeys' : verb)),
};

export const isShown = (kind: Kind): kind is ShownKind => (SHOWN_KINDS as readonly Kind[]).includes(kind);

async function isVisibleProject(slug: string, view: View, session: Session): Promise<boolean> {
  return visibleProject(slug, view, session).then(
    () => true,
    () => false,
  );
}

/** Whether the viewer may do this to a document that a commit touched, by what holds in the view. */
export async function mayOnTouched(
  { kind, key }: Pick<Touched, 'kind' | 'key'>,
  verb: Verb,
  view: View,
  session: Session,
): Promise<boolean> {
  return isShown(kind) && RULES[kind](key, view, session, verb);
}

/** The project that a document is or lies in; null: none. */
export function projectOf({ kind, key }: Pick<Touched, 'kind' | 'key'>): string | null {
  if (isInApp(kind)) return null;
  return kind === 'project' || key.length >= 3 ? (key[1] ?? null) : null;
}

const isInApp = (kind: Kind): boolean => kind === 'environment' || kind === 'appSecret' || kind === 'appSecretValue';

/** The app that a document is or lies in; null: none. */
export function appOfTouched({ kind, key }: Pick<Touched, 'kind' | 'key'>): string | null {
  if (kind === 'app') return idOf(key);
  return isInApp(kind) ? appOf({ key }) : null;
}
