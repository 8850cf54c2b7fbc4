import { randomBytes } from 'node:crypto';
import { anApp, aSecret, aValue, secretIdOf } from '../apps.ts';
import { aCertificate, named } from '../certificates.ts';
import { aGlobal, globalIdOf } from '../globals.ts';
import { aGroup, aProject, aServiceInput, done, groupOp, operation, PUT_SERVICE } from '../makers.ts';
import type { TestApp } from '../start-app.ts';

/** A place where a value stands, with what decides who may see it. */
export interface Place {
  readonly where:
    | 'group'
    | 'direct'
    | 'addon'
    | 'parameter'
    | 'global'
    | 'appShown'
    | 'appHidden'
    | 'account'
    /** What a certificate in a group's file says. */
    | 'certificate'
    /** The URL of a deploy webhook. */
    | 'webhook';
  readonly type: 'secret' | 'config';
  /** null: of the team. */
  readonly project: 'default-project' | 'other' | null;
  /** Whether the workload `svc` of the default project gets it. */
  readonly reachesSvc: boolean;
  /** Whether it is there no more. */
  readonly isGone?: boolean;
}

export interface World {
  /** Writes every place that listeners are told of anew, with other canaries. */
  readonly rewrite: () => Promise<void>;
  readonly canaries: ReadonlyMap<string, Place>;
  /** Literals for the walk, one set for each kind of object looked at. */
  readonly literals: Readonly<Record<'own' | 'sibling' | 'foreign' | 'gone', Readonly<Record<string, string>>>>;
  readonly tokens: Readonly<Record<string, string>>;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const certified = (name: string): string =>
  aCertificate({ subject: named(name), notAfter: new Date('2099-01-01T00:00:00.000Z') });
const idOf = (type: string, key: string): string => base64(`${type}:${key}`);

/** Fills every place for a value with a canary of its own. */
export async function aWorld(app: TestApp): Promise<World> {
  const canaries = new Map<string, Place>();
  const canary = (place: Place): string => {
    const text = `kw${randomBytes(9).toString('hex')}`;
    canaries.set(text, place);
    return text;
  };
  const group = async (
    project: 'default-project' | 'other',
    type: 'secret' | 'config',
    name: string,
    over: object = {},
  ) => {
    const isOwn = project === 'default-project';
    const place = { where: 'group', type, project, reachesSvc: isOwn } as const;
    // A name of its own for each, so that no value hides another.
    const prefix = name.replaceAll(/\W/g, '_').toUpperCase();
    return aGroup(app, {
      project,
      name,
      type: type.toUpperCase(),
      secretType: 'ENVIRONMENT_ARGUMENTS',
      variables: [{ name: `${prefix}_V`, value: canary(place) }, ...((over as { more?: object[] }).more ?? [])],
      files: [
        { path: `/etc/${prefix}`, data: base64(canary(place)), encoding: 'UTF_8' },
        { path: `/etc/${prefix}.pem`, data: base64(certified(canary({ ...place, where: 'certificate' }))) },
      ],
      dockerSecretMounts: [{ name: `${prefix}_M`, data: base64(canary(place)), encoding: 'BINARY' }],
      addonLinks: (over as { links?: object[] }).links ?? [],
    });
  };
  for (const name of ['Default Project', 'Other']) await aProject(app, name);
  const used = (type: 'secret' | 'config') => canary({ where: 'global', type, project: null, reachesSvc: true });
  const unused = (type: 'secret' | 'config') => canary({ where: 'global', type, project: null, reachesSvc: false });
  for (const type of ['secret', 'config'] as const) {
    await aGlobal(app, {
      name: `Global ${type}`,
      type: type.toUpperCase(),
      values: { used: used(type), unused: unused(type) },
      files: [{ id: 'f', path: '/g', data: base64(unused(type)), encoding: 'UTF_8' }],
    });
  }
  const password = canary({ where: 'addon', type: 'secret', project: 'default-project', reachesSvc: true });
  const params = { host: 'cache.internal', password };
  await done(app, operation('createAddon', 'addon { id }'), {
    project: 'default-project',
    name: 'Cache',
    provider: 'redis',
    params,
  });
  // Nothing links it: what it is given is shown, if at all, as its parameters.
  const unlinked = { where: 'addon', type: 'secret', project: 'default-project', reachesSvc: false } as const;
  await done(app, operation('createAddon', 'addon { id }'), {
    project: 'default-project',
    name: 'Unlinked',
    provider: 'redis',
    params: { host: `${canary(unlinked)}.internal`, password: canary({ ...unlinked, where: 'parameter' }) },
  });
  const link = { addon: 'cache', keys: [{ keyName: 'PASSWORD', aliases: ['CACHE_PASSWORD'] }] };
  const drawing = ['secret', 'config'].map((type) => ({
    name: `DRAWN_${type}`,
    value: `\${secrets.global-${type}.values.used}`,
  }));
  await group('default-project', 'secret', 'own secret', { links: [link] });
  await group('default-project', 'config', 'own config', { more: drawing });
  await group('other', 'secret', 'foreign secret');
  await group('other', 'config', 'foreign config');
  const gone = { where: 'group', type: 'secret', project: 'default-project', reachesSvc: false, isGone: true } as const;
  const doomed = () =>
    aGroup(app, { name: 'again', type: 'SECRET', variables: [{ name: 'AGAIN', value: canary(gone) }] });
  await done(app, groupOp('deleteSecretGroup', 'slug'), { id: (await doomed()).id });
  const fallen = await aGroup(app, {
    name: 'fallen',
    type: 'SECRET',
    variables: [{ name: 'FALLEN', value: canary(gone) }],
  });
  await done(app, groupOp('deleteSecretGroup', 'slug'), { id: fallen.id });
  // Made anew under the slug of one that was deleted.
  await aGroup(app, {
    name: 'again',
    type: 'SECRET',
    variables: [{ name: 'AGAIN', value: canary({ ...gone, reachesSvc: true, isGone: false }) }],
  });
  for (const [project, id] of [
    ['default-project', 'svc'],
    ['default-project', 'sibling'],
    ['other', 'oth'],
  ] as const) {
    const place = { where: 'direct', type: 'secret', project, reachesSvc: id === 'svc' } as const;
    const variables = [{ name: 'DIRECT', value: canary(place) }];
    const files = [{ path: '/direct', data: base64(canary(place)), encoding: 'UTF_8' }];
    await done(app, PUT_SERVICE, aServiceInput({ project, id, variables, files }));
  }
  await anApp(app);
  await aSecret(app);
  await aSecret(app, { name: 'HIDDEN' });
  const shown = canary({ where: 'appShown', type: 'secret', project: null, reachesSvc: false });
  await aValue(app, 'api-key', 'dev', shown);
  const hidden = canary({ where: 'appHidden', type: 'secret', project: null, reachesSvc: false });
  await aValue(app, 'hidden', 'dev', hidden, { hidden: true });
  await done(app, operation('putVcsAccount', 'vcsAccount { id }'), {
    service: 'GITHUB',
    accountLogin: 'team',
    token: canary({ where: 'account', type: 'secret', project: null, reachesSvc: false }),
  });
  const webhook = { where: 'webhook', type: 'secret', project: 'default-project', reachesSvc: false } as const;
  await done(app, operation('putDeployWebhook', 'deployWebhook { id }'), {
    project: 'default-project',
    url: `https://hooks.example.com/${canary(webhook)}`,
  });
  const rewrite = async (): Promise<void> => {
    for (const type of ['secret', 'config'] as const) {
      const place = { where: 'group', type, project: 'default-project', reachesSvc: true } as const;
      const name = `OWN_${type.toUpperCase()}_V`;
      const id = idOf('SecretGroup', `default-project/own-${type}`);
      await done(app, groupOp('setSecretGroupVariable', 'slug'), { id, name, value: canary(place) });
      const values = { used: used(type), unused: unused(type) };
      await done(app, operation('updateGlobalSecret', 'globalSecret { slug }'), {
        id: globalIdOf(`global-${type}`),
        values,
      });
    }
    await aValue(
      app,
      'api-key',
      'dev',
      canary({ where: 'appShown', type: 'secret', project: null, reachesSvc: false }),
    );
  };
  return {
    canaries,
    rewrite,
    literals: literals((await app.gql('{ viewer { id } }')).data.viewer.id),
    tokens: await tokensOf(app),
  };
}

const quoted = (text: string): string => JSON.stringify(text);

/** What `node` is asked for to come to each type: what it answers is looked at as what it is. */
const nodeIds = (keys: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(keys).map(([type, key]) => [`Query.node.id@${type}`, quoted(idOf(type, key))]));

/** The ids of what is not named by people: a token, a restart and one of its requests. */
async function unnamed(app: TestApp): Promise<Readonly<Record<'token' | 'restart' | 'request', string>>> {
  await done(app, operation('createTag', 'tag { id }'), { name: 'a-tag' });
  const source = idOf('SecretGroup', 'default-project/own-secret');
  const fields = 'restart { id requests { nodes { id } } }';
  const { restart } = await done(app, operation('restartDependents', fields), { source });
  const local = (id: string): string => Buffer.from(id, 'base64').toString().replace(/^\w+:/, '');
  return {
    token: (await app.gql('{ viewer { id } }')).data.viewer.id,
    restart: local(restart.id),
    request: local(restart.requests.nodes[0].id),
  };
}

function literals({ token, restart, request }: Awaited<ReturnType<typeof unnamed>>): World['literals'] {
  const of = (project: string, group: string, service: string, name: string) => ({
    '*.slug': quoted(project),
    '*.project': quoted(project),
    '*.workload': `{ kind: SERVICE, id: ${quoted(service)} }`,
    '*.id': quoted(service),
    '*.within': '30',
    '*.name': quoted(name),
    '*.app': quoted('example-app'),
    '*.environment': quoted('dev'),
    '*.mode': 'FULL',
    '*.kind': 'ADDON',
    '*.from': '1',
    '*.to': '1',
    '*.ids': `[${[idOf('SecretGroup', `${project}/${group}`), globalIdOf('global-secret'), secretIdOf('api-key')].map(quoted).join(', ')}]`,
    ...nodeIds({
      Project: project,
      Tag: 'a-tag',
      Role: 'one-project',
      Token: token,
      SecretGroup: `${project}/${group}`,
      GlobalSecret: name === 'FOREIGN_SECRET_V' ? 'global-config' : 'global-secret',
      Addon: `${project}/unlinked`,
      ExternalAddon: `${project}/none`,
      VcsAccount: 'github::team',
      App: 'example-app',
      Environment: 'app/example-app/dev',
      AppSecret: 'app/example-app/api-key',
      DeployWebhook: `${project}/deploy`,
      Restart: restart,
      RestartRequest: request,
    }),
    'Query.app.slug': quoted('example-app'),
    'Query.globalSecret.slug': quoted('global-secret'),
    'Query.deleted.kind': 'SECRET_GROUP',
    'Query.deleted.project': quoted(project),
    'Query.previewAppSecretCopy.from': quoted('dev'),
    'Query.previewAppSecretCopy.to': quoted('staging'),
    'Project.secretGroup.slug': quoted(group),
    'Project.addon.slug': quoted('unlinked'),
    'Project.externalAddon.slug': quoted('none'),
    'App.secret.slug': quoted('api-key'),
    'App.environment.slug': quoted('dev'),
    'App.difference.from': quoted('dev'),
    'App.difference.to': quoted('staging'),
  });
  return {
    own: of('default-project', 'own-secret', 'svc', 'OWN_SECRET_V'),
    sibling: of('default-project', 'own-secret', 'sibling', 'OWN_SECRET_V'),
    foreign: {
      ...of('other', 'foreign-secret', 'oth', 'FOREIGN_SECRET_V'),
      'Query.globalSecret.slug': quoted('global-config'),
    },
    gone: { ...of('default-project', 'fallen', 'svc', 'FALLEN') },
  };
}

const HOLDERS = ['WORKLOAD', 'SECRET_GROUP', 'GLOBAL_SECRET', 'ADDON', 'APP_SECRET', 'PROJECT', 'APP', 'TAG'];
const CUSTOM: Readonly<Record<string, object>> = {
  'no globals': [
    { resources: ['PROJECT', 'WORKLOAD', 'SECRET_GROUP', 'ADDON'], verbs: ['LIST', 'LIST_KEYS', 'READ', 'RESOLVE'] },
    { resources: ['GLOBAL_SECRET'], verbs: ['LIST', 'LIST_KEYS'] },
  ],
  // What a provider makes of secret parameters takes more.
  'reads addons': { resources: ['PROJECT', 'ADDON'], verbs: ['LIST', 'LIST_KEYS', 'READ'] },
  'one project': { resources: HOLDERS, verbs: ['LIST', 'LIST_KEYS', 'READ', 'RESOLVE'], projects: ['default-project'] },
  'keys only': { resources: HOLDERS, verbs: ['LIST', 'LIST_KEYS'] },
  'config only': { resources: HOLDERS, verbs: ['LIST', 'LIST_KEYS', 'READ', 'RESOLVE'], types: ['CONFIG'] },
};

async function tokensOf(app: TestApp): Promise<Readonly<Record<string, string>>> {
  const tokens: Record<string, string> = { owner: app.owner };
  for (const role of ['operator', 'developer', 'reader', 'auditor']) tokens[role] = await app.token(role);
  for (const [name, grant] of Object.entries(CUSTOM)) {
    await done(app, operation('createRole', 'role { slug }'), { name, grants: [grant].flat() });
    tokens[name] = await app.token(name.replaceAll(' ', '-'));
  }
  const workload = { project: 'default-project', kind: 'SERVICE', id: 'svc' };
  tokens.dependent = await app.token('dependent', { kind: 'DEPENDENT', workload });
  return tokens;
}
