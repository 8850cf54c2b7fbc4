import type { Fields, Kind } from '../../src/store/port.ts';
import { anApp, aSecret, aValueInput, secretIdOf, valueOp } from './apps.ts';
import { writeCopies } from './copies.ts';
import {
  aGroupInput,
  aProject,
  aServiceInput,
  done,
  ENVIRONMENT,
  groupOp,
  operation,
  PUT_JOB,
  PUT_SERVICE,
} from './makers.ts';
import { type AppOptions, startApp, type TestApp } from './start-app.ts';

/** Commits of many kinds beside as many documents of their kind as one likes. */

const PROJECT = 'default-project';
const idOf = (type: string, slug: string): string => Buffer.from(`${type}:${PROJECT}/${slug}`).toString('base64');
const GRANTS = [{ resources: ['SECRET_GROUP'], verbs: ['LIST'], types: ['CONFIG'] }];
const ADDON = { project: PROJECT, name: 'Cache', provider: 'redis', params: { host: 'h', password: 'p' } };
const RDS = { engine: 'mysql', endpoint: 'db.example.com', database: 'd', username: 'u', password: 'p' };
const EXTERNAL = { project: PROJECT, name: 'Database', provider: 'aws-rds', params: RDS };

const restrictedTo = (tag: string) => ({ restricted: true, tags: [tag], workloads: [] });

/** Restricted to other workloads: what goes into an environment has to be looked at. */
const others = (fields: Fields, i: number): Fields => ({
  ...fields,
  restrictions: { ...restrictedTo(`other-${i}`), tagMatchCondition: 'or' },
});

/** Kinds whose sets are large, each with the document that is copied. */
const COPIED: readonly (readonly [Kind, readonly string[], typeof others?])[] = [
  ['secretGroup', [PROJECT, 'own'], others],
  ['service', [PROJECT, 'example-service'], (fields, i) => ({ ...fields, tags: [`other-${i}`] })],
  ['job', [PROJECT, 'example-job']],
  ['addon', [PROJECT, 'cache']],
  ['externalAddon', [PROJECT, 'database']],
  ['appSecret', ['app/example-app', 'api-key']],
  ['project', [PROJECT]],
  ['app', ['example-app']],
  ['globalSecret', ['global']],
  ['tag', ['tag-0']],
  ['role', ['role-0']],
];

/** A gateway with so many documents of each kind. */
export async function filled(size: number, limits: AppOptions['limits'], over: AppOptions = {}): Promise<TestApp> {
  const room = { groupsPerProject: 100_000, appSecretsPerApp: 100_000, ratePoints: 0 };
  const app = await startApp({ ...over, limits: { ...room, ...limits } });
  await aProject(app);
  await done(app, groupOp('putSecretGroup', 'id'), aGroup(0));
  await ways[OPEN]?.(app, 0);
  await done(app, PUT_SERVICE, aServiceInput({ tags: ['mine'] }));
  await done(app, PUT_JOB, aServiceInput({ id: 'example-job' }));
  await done(app, operation('createAddon', 'addon { id }'), ADDON);
  await done(app, operation('createExternalAddon', 'externalAddon { id }'), EXTERNAL);
  await anApp(app);
  await aSecret(app);
  for (const name of ['createTag', 'createRole', 'putGlobalSecret', 'createToken', 'putVcsAccount'])
    await ways[name]?.(app, 0);
  for (const [kind, key, fieldsOf] of COPIED) await writeCopies(app.store, kind, ['default', ...key], size, fieldsOf);
  const tokens = await app.store.list('token', ['default'], { limit: 10 });
  const token = tokens.find(({ fields }) => fields.name === 'token 0');
  await writeCopies(app.store, 'token', token?.key ?? [], size);
  return app;
}

const aGroup = (i: number) =>
  aGroupInput({ name: 'own', restrictions: restrictedTo('mine'), variables: [{ name: 'OWN', value: `${i}` }] });

const OPEN = 'putSecretGroup, for everybody';

/** A change, another one for each `i`. */
export const ways: Readonly<Record<string, (app: TestApp, i: number) => Promise<unknown>>> = {
  putSecretGroup: (app, i) => done(app, groupOp('putSecretGroup', 'id'), aGroup(i)),
  'putSecretGroup, a new one': (app, i) =>
    done(app, groupOp('putSecretGroup', 'id'), {
      ...aGroup(i),
      name: `new ${i}`,
      restrictions: restrictedTo('elsewhere'),
    }),
  [OPEN]: (app, i) => done(app, groupOp('putSecretGroup', 'id'), aGroupInput({ name: 'open', description: `${i}` })),
  setSecretGroupVariable: (app, i) =>
    done(app, groupOp('setSecretGroupVariable', 'id'), { id: idOf('SecretGroup', 'own'), name: 'OWN', value: `${i}` }),
  putService: (app, i) => done(app, PUT_SERVICE, aServiceInput({ name: `name ${i}`, tags: ['mine'] })),
  'putService, with another tag': (app, i) =>
    done(app, PUT_SERVICE, aServiceInput({ id: 'another', tags: ['mine', `other-${i}`] })),
  putJob: (app, i) => done(app, PUT_JOB, aServiceInput({ id: 'example-job', name: `name ${i}` })),
  updateProject: (app, i) =>
    done(app, operation('updateProject', 'project { id }'), {
      id: Buffer.from(`Project:${PROJECT}`).toString('base64'),
      description: `${i}`,
    }),
  updateAddon: (app, i) =>
    done(app, operation('updateAddon', 'addon { id }'), { id: idOf('Addon', 'cache'), description: `${i}` }),
  updateExternalAddon: (app, i) =>
    done(app, operation('updateExternalAddon', 'externalAddon { id }'), {
      id: idOf('ExternalAddon', 'database'),
      description: `${i}`,
    }),
  createToken: (app, i) =>
    done(app, operation('createToken', 'token { id }'), { name: `token ${i}`, kind: 'MACHINE', role: 'reader' }),
  createRole: (app, i) => done(app, operation('createRole', 'role { id }'), { name: `Role ${i}`, grants: GRANTS }),
  createTag: (app, i) => done(app, operation('createTag', 'tag { id }'), { name: `tag-${i}` }),
  putGlobalSecret: (app, i) =>
    done(app, operation('putGlobalSecret', 'globalSecret { id }'), {
      name: 'global',
      type: 'SECRET',
      values: { a: `${i}` },
    }),
  putVcsAccount: (app, i) =>
    done(app, operation('putVcsAccount', 'vcsAccount { id }'), {
      service: 'GITHUB',
      accountLogin: `somebody-${i}`,
      token: `${i}`,
    }),
  createAppSecret: (app, i) => aSecret(app, { name: `KEY_${i}` }),
  setAppSecretValue: (app, i) =>
    done(app, valueOp('setAppSecretValue'), { id: secretIdOf('api-key'), ...aValueInput(`${i}`) }),
  'a resolution after a group was changed': async (app, i) => {
    await ways.putSecretGroup?.(app, i);
    await resolved(app, i);
  },
};

async function resolved(app: TestApp, i: number): Promise<void> {
  const { data } = await app.gql(ENVIRONMENT, { project: PROJECT, service: 'example-service' });
  const values = data.project.service.environment.variables.map(({ value }: { value: string }) => value);
  if (values.join() !== `${i}`) throw new Error(`the environment holds ${values.join()} and not ${i}`);
}
