import { type FieldMap, type ImplementableObjectRef, type ObjectFieldBuilder, ObjectRef } from '@pothos/core';
import type { Role } from '../../access/model.ts';
import type { TokenFacts } from '../../access/tokens.ts';
import type { AddonKind, StoredAddon } from '../../modules/addons/model.ts';
import type { StoredAppSecret } from '../../modules/app-secrets/model.ts';
import { placeInApp, type StoredApp, type StoredEnvironment } from '../../modules/apps/model.ts';
import type { StoredGlobal } from '../../modules/global-secrets/model.ts';
import type { StoredProject } from '../../modules/projects/model.ts';
import type { StoredRestart, StoredWebhook } from '../../modules/restarts/model.ts';
import type { RequestView } from '../../modules/restarts/service.ts';
import type { StoredGroup } from '../../modules/secret-groups/model.ts';
import type { StoredTag } from '../../modules/tags/model.ts';
import type { StoredAccount } from '../../modules/vcs/model.ts';
import { idOf } from '../../vault/document.ts';
import type { Builder, Types } from './builder.ts';
import type { Context } from './context.ts';
import { madeIn } from './declarations.ts';
import { groupAddress, webhookProject } from './ids.ts';
import { shared } from './shared.ts';

/** The objects with global ids: how each is named, and how many are loaded at once. Their fields are in the slices. */

interface NodeOptions<T> {
  readonly id: { readonly resolve: (node: T) => string };
  readonly load: (ids: readonly string[], context: Context) => Promise<(T | Error)[]>;
}

/** A type of nodes: resolvers answer the object, or its id for the DataLoader of the request. */
export type NodeRef<T> = ObjectRef<Types, T | string, T>;

function nodeRef<T extends object>(name: string, options: NodeOptions<T>): NodeRef<T> {
  const standIn = new ObjectRef<Types, T | string, T>(name);
  return shared.declare(standIn, (builder) => builder.loadableNodeRef(name, options as never));
}

interface NodeTypeOptions<T> {
  readonly description: string;
  readonly fields: (t: ObjectFieldBuilder<Types, T>) => FieldMap;
}

/** Says what a node holds; once in a builder. */
export function implementNode<T>(builder: Builder, ref: NodeRef<T>, options: NodeTypeOptions<T>): void {
  (madeIn(builder, ref) as unknown as ImplementableObjectRef<Types, T>).implement(options as never);
}

/** Loads what can be seen; everything else is an error that `node` turns into null. */
function loader<T>(load: (id: string, context: Context) => Promise<T>) {
  return (ids: readonly string[], context: Context) =>
    Promise.all(ids.map((id) => load(id, context).catch((error: unknown) => error as Error)));
}

const project = nodeRef('Project', {
  id: { resolve: ({ key }: StoredProject) => idOf(key) },
  load: loader((id, { services, session }) => services.projects.bySlug(id, session)),
});
const tag = nodeRef('Tag', {
  id: { resolve: ({ key }: StoredTag) => idOf(key) },
  load: loader((id, { services, session }) => services.tags.byName(id, session)),
});
const token = nodeRef('Token', {
  id: { resolve: ({ id }: TokenFacts) => id },
  load: loader((id, { services, session }) => services.access.tokenById(id, session)),
});
const role = nodeRef('Role', {
  id: { resolve: ({ slug }: Role) => slug },
  load: loader((id, { services, session }) => services.access.roleBySlug(id, session)),
});
const secretGroup = nodeRef('SecretGroup', {
  id: { resolve: ({ key }: StoredGroup) => key.slice(1).join('/') },
  load: loader((id, { services, session }) => services.secretGroups.bySlug(groupAddress(id), session)),
});
const globalSecret = nodeRef('GlobalSecret', {
  id: { resolve: ({ key }: StoredGlobal) => idOf(key) },
  load: loader((id, { services, session }) => services.globalSecrets.bySlug(id, session)),
});

const addonRef = (name: 'Addon' | 'ExternalAddon', kind: AddonKind) =>
  nodeRef(name, {
    id: { resolve: ({ key }: StoredAddon) => key.slice(1).join('/') },
    load: loader((id, { services, session }) => services.addons.bySlug({ kind, ...groupAddress(id) }, session)),
  });
const addon = addonRef('Addon', 'addon');
const externalAddon = addonRef('ExternalAddon', 'external-addon');

const vcsAccount = nodeRef('VcsAccount', {
  id: { resolve: ({ key }: StoredAccount) => idOf(key) },
  load: loader((id, { services, session }) => services.vcsAccounts.byId(id, session)),
});

const app = nodeRef('App', {
  id: { resolve: ({ key }: StoredApp) => idOf(key) },
  load: loader((id, { services, session }) => services.apps.bySlug(id, session)),
});
const environment = nodeRef('Environment', {
  id: { resolve: ({ key }: StoredEnvironment) => key.slice(1).join('/') },
  load: loader((id, { services, session }) => services.environments.bySlug(placeInApp(id), session)),
});
const appSecret = nodeRef('AppSecret', {
  id: { resolve: ({ key }: StoredAppSecret) => key.slice(1).join('/') },
  load: loader((id, { services, session }) => services.appSecrets.bySlug(placeInApp(id), session)),
});

const deployWebhook = nodeRef('DeployWebhook', {
  id: { resolve: ({ key }: StoredWebhook) => key.slice(1).join('/') },
  load: loader((id, { services, session }) => services.deployWebhooks.ofProject(webhookProject(id), session)),
});
const restart = nodeRef('Restart', {
  id: { resolve: ({ key }: StoredRestart) => idOf(key) },
  load: loader((id, { services, session }) => services.restarts.restartById(id, session)),
});
const restartRequest = nodeRef('RestartRequest', {
  id: { resolve: ({ request }: RequestView) => request.key.slice(1).join('/') },
  load: loader((local, { services, session }) => {
    const { project, slug } = groupAddress(local);
    return services.restarts.byId(project, slug, session);
  }),
});

export const nodes = {
  deployWebhook,
  restart,
  restartRequest,
  project,
  tag,
  token,
  role,
  secretGroup,
  globalSecret,
  addon,
  externalAddon,
  app,
  environment,
  appSecret,
  vcsAccount,
};
