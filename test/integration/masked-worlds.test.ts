import { describe, expect, it } from 'vitest';
import { anApp, aSecret, aValue } from '../support/apps.ts';
import { aGlobal, globalOp } from '../support/globals.ts';
import { listen } from '../support/listening.ts';
import {
  aGroup,
  aProject,
  aServiceInput,
  base64,
  done,
  groupOp,
  operation,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES, ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';

/** Case 248: two worlds with the same writes and other masked values give the same answers. */
interface World {
  /** What the secret variable is, write after write. */
  readonly texts: readonly string[];
  readonly global: unknown;
  readonly file: string;
  readonly own: string;
}
const WORLDS: Readonly<Record<string, World>> = {
  plain: { texts: ['a', 'a', 'a'], global: { deep: 'g' }, file: 'f', own: 'o' },
  changing: { texts: ['a', 'b', 'a'], global: { deep: 'other and longer' }, file: 'ff', own: 'oo' },
  long: {
    texts: ['x'.repeat(60_000), '', 'y'],
    global: { deep: 'x'.repeat(60_000) },
    file: 'x'.repeat(9_000),
    own: '',
  },
  templates: { texts: ['${NO} ${S}', '${DRAWS}', '${S}'], global: { deep: '${S}' }, file: '${NO} ${S}', own: '${OWN}' },
  references: {
    texts: ['${secrets.vault.values.deep}', '${secrets.vault.values.none}', '${secrets.never.values.x}'],
    global: { deep: 'z' },
    file: '${secrets.vault.values.deep}',
    own: '${secrets.never.values.x}',
  },
};

const REF = 'from reference target status reason type';
const EXPLAIN = ['S', 'DRAWS', 'GLOBAL', 'MISSING', 'OWN', 'PLAIN'];
const DIFF = `{ project(slug: "default-project") { secretGroup(slug: "secrets") { diff(from: 1, to: 2) {
  fields variables { added removed changed } files { added removed changed } } } } }`;
const LOOK = `{ project(slug: "default-project") {
  service(id: "example-service") {
    variables { name value masked } files { path size sha256 masked certificate { subject } }
    running { digest isRolledBack }
    environment { digest
      variables { name value masked type error { code path } }
      files { path data masked type error { code path } }
      warnings { code names message } unresolved { name reference reason }
      ${EXPLAIN.map((name) => `e${name}: explain(name: "${name}") { outcome type error { code path } winner { type rule references unavailable } shadowed { references } references { ${REF} } warnings { code } }`).join('\n')}
      file: explain(name: "/f", kind: FILE) { outcome type error { code } references { ${REF} } }
    } }
  secretGroups { nodes { slug variables { name value masked } files { path encoding size sha256 data masked certificate { subject } } } }
} expiringCertificates(within: 1000) { nodes { path } }
  globalSecrets { nodes { slug values masked files { id size data masked } } } }`;

const APPS = `{ app(slug: "example-app") { difference(from: "dev", to: "staging") { secret { slug } status }
  secrets { nodes { slug revision values { environment { slug } text masked hidden isSet revision
    revisions { nodes { revision text masked hidden isSet } } } } }
  rendered(environment: "dev", mode: FULL) { secretDigest incrementalId secrets { key serializedValue masked valueTypeUrn } unset }
} }`;

/** Everything that three viewers are told after each write. */
async function told({ texts, global, file, own }: World): Promise<readonly unknown[]> {
  const app = await startApp();
  const seen: unknown[] = [];
  const listeners = [];
  try {
    await aProject(app);
    await aGlobal(app, { name: 'Vault', values: global });
    const write = (value: string) => [
      { name: 'S', value },
      { name: 'KEPT', value: 'k' },
    ];
    await done(
      app,
      PUT_SERVICE,
      aServiceInput({ variables: [{ name: 'OWN', value: own }], files: [{ path: '/own', data: base64(own) }] }),
    );
    const group = await aGroup(app, {
      name: 'Secrets',
      variables: write(texts[0] ?? ''),
      files: [{ path: '/f', data: base64(file) }],
    });
    await aGroup(app, {
      name: 'Settings',
      type: 'CONFIG',
      variables: [
        { name: 'DRAWS', value: '${S}'.repeat(20) },
        { name: 'GLOBAL', value: '${secrets.vault.values.deep}'.repeat(20) },
        { name: 'PLAIN', value: 'p' },
      ],
    });
    await anApp(app);
    await aSecret(app);
    const setApp = async (at: number): Promise<void> => {
      const value = (i: number) => texts[i % texts.length] || 'empty';
      await aValue(app, 'api-key', 'dev', value(at));
      await aValue(app, 'api-key', 'staging', value(at + 1), { hidden: at > 0 });
    };
    await setApp(0);
    const viewers = await viewersOf(app);
    for (const token of viewers) {
      const listener = await listen(app.url, token, ENVIRONMENT_CHANGED, { variables: { service: 'example-service' } });
      listeners.push(listener, await listen(app.url, token, CHANGES, {}));
    }
    const look = async () => {
      for (const token of viewers) {
        const { data, errors } = await app.gql(LOOK, {}, token);
        expect(errors).toBeUndefined();
        seen.push(data);
        const apps = await app.gql(APPS, {}, token);
        seen.push(apps.data, apps.errors?.map(({ message }) => message) ?? null);
      }
    };
    await look();
    await done(app, groupOp('updateSecretGroup', 'id'), { id: group.id, variables: write(texts[1] ?? '') });
    await look();
    await setApp(1);
    await done(app, groupOp('updateSecretGroup', 'id'), {
      id: group.id,
      variables: write(texts[2] ?? ''),
      files: [{ path: '/f', data: base64(`${file}${texts[2]}`) }],
    });
    await done(app, globalOp('updateGlobalSecret', 'id'), {
      id: Buffer.from('GlobalSecret:vault').toString('base64'),
      values: global,
    });
    await look();
    for (const token of viewers) seen.push((await app.gql(DIFF, {}, token)).data);
    // A last commit that everybody is told of.
    await done(app, PUT_SERVICE, aServiceInput({ variables: [{ name: 'LAST', value: '1' }] }));
    for (const listener of listeners) {
      const isLast = () =>
        JSON.stringify(listener.events).includes('service.put') || JSON.stringify(listener.events).includes('"LAST"');
      for (let i = 0; i < 400 && !isLast(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
      seen.push(listener.events);
    }
    return seen;
  } finally {
    for (const listener of listeners) await listener.stop();
    await app.close();
  }
}

async function viewersOf(app: TestApp): Promise<readonly string[]> {
  const all = ['LIST', 'LIST_KEYS', 'READ', 'RESOLVE'];
  const role = (name: string, grants: readonly object[]) => done(app, operation('createRole', ''), { name, grants });
  await role('Keys Only', [
    {
      resources: ['PROJECT', 'WORKLOAD', 'SECRET_GROUP', 'GLOBAL_SECRET', 'APP', 'APP_SECRET'],
      verbs: ['LIST', 'LIST_KEYS'],
    },
  ]);
  await role('One Project', [
    {
      resources: ['PROJECT', 'WORKLOAD', 'SECRET_GROUP'],
      verbs: all,
      types: ['CONFIG'],
      projects: ['default-project'],
    },
    { resources: ['PROJECT', 'WORKLOAD', 'SECRET_GROUP'], verbs: ['LIST', 'LIST_KEYS'], projects: ['default-project'] },
  ]);
  return [await app.token('developer'), await app.token('keys-only'), await app.token('one-project')];
}

/** Keyed hashes, ids, cursors and times are another in every gateway; which of them are equal is not. */
function comparable(answers: readonly unknown[]): string {
  const names = new Map<string, string>();
  return JSON.stringify(answers, (key, value) => {
    if (key === 'cursor' || key === 'actor' || key === 'at') return null;
    if (!['digest', 'sha256', 'secretDigest'].includes(key) || typeof value !== 'string') return value;
    names.set(value, names.get(value) ?? `hash ${names.size}`);
    return names.get(value);
  });
}

describe('case 248: of masked values', () => {
  it('nothing is told that differs with them', async () => {
    const [plain, ...others] = await Promise.all(
      Object.entries(WORLDS).map(async ([name, world]) => [name, comparable(await told(world))] as const),
    );
    expect(plain?.[1]).toContain('"changed":["KEPT","S"]');
    for (const [name, answers] of others) expect(JSON.parse(answers), name).toEqual(JSON.parse(plain?.[1] ?? ''));
  }, 60_000);

  it('the owner and the workload itself are told all of it', async () => {
    const app = await startApp();
    try {
      await aProject(app);
      await aGlobal(app, { name: 'Vault', values: { a: 'v' } });
      await done(app, PUT_SERVICE, aServiceInput());
      await aGroup(app, {
        type: 'CONFIG',
        variables: [
          { name: 'A', value: '${secrets.vault.values.a}' },
          { name: 'B', value: '${secrets.none.values.a}' },
        ],
      });
      const workload = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };
      const own = await app.token('dependent', { kind: 'DEPENDENT', workload });
      const query = `{ project(slug: "default-project") { service(id: "example-service") { environment {
        digest variables { name value masked } unresolved { name reason } } } } }`;
      const asOwner = (await app.gql(query)).data.project.service.environment;
      expect(asOwner.variables[0]).toEqual({ name: 'A', value: 'v', masked: false });
      expect(asOwner.unresolved).toEqual([{ name: 'B', reason: 'UNKNOWN_GLOBAL_SECRET' }]);
      expect((await app.gql(query, {}, own)).data.project.service.environment).toEqual(asOwner);
      const masked = (await app.gql(query, {}, await app.token('developer'))).data.project.service.environment;
      expect(masked.variables[0]).toEqual({ name: 'A', value: null, masked: true });
      expect(masked.digest).not.toBe(asOwner.digest);
      const ack = `mutation ($input: AcknowledgeEnvironmentInput!) { result: acknowledgeEnvironment(input: $input) {
        __typename ... on AcknowledgeEnvironmentPayload { running { isCurrent digest } } } }`;
      const input = {
        project: 'default-project',
        workload: { kind: 'SERVICE', id: 'example-service' },
        seq: 5,
        digest: masked.digest,
      };
      const seen = await run(app, ack, input, await app.token('developer'));
      expect(seen.running ?? seen).toEqual({ isCurrent: true, digest: null });
    } finally {
      await app.close();
    }
  });

  it('case 246: what is drawn in of global secrets is masked by the right on these, and what is not there like what is', async () => {
    const app = await startApp();
    try {
      await aProject(app);
      await aGlobal(app, { name: 'Vault', values: { a: 'VaultCanary' } });
      await aGlobal(app, { name: 'Shared', type: 'CONFIG', values: { a: 'north' } });
      await done(app, PUT_SERVICE, aServiceInput());
      const paths = {
        SECRET: 'vault.values.a',
        CONFIG: 'shared.values.a',
        NO_PATH: 'vault.values.b',
        NEVER: 'never.values.a',
      };
      const variables = Object.entries(paths).map(([name, path]) => ({ name, value: `\${secrets.${path}}` }));
      await aGroup(app, {
        type: 'CONFIG',
        variables: [...variables, { name: 'PLAIN', value: 'p' }, { name: 'WAY', value: '${CONFIG}' }],
      });
      const resources = ['PROJECT', 'WORKLOAD', 'SECRET_GROUP'];
      const grants = [{ resources, verbs: ['LIST', 'LIST_KEYS', 'READ', 'RESOLVE'], projects: ['default-project'] }];
      await done(app, operation('createRole', ''), { name: 'Whole Project', grants });
      const query = `{ project(slug: "default-project") { service(id: "example-service") { environment {
        variables { name value masked type } unresolved { name reason }
        explain(name: "NEVER") { outcome type references { reason } } } } } }`;
      const local = (await app.gql(query, {}, await app.token('whole-project'))).data.project.service.environment;
      const hidden = (name: string) => ({ name, value: null, masked: true, type: 'SECRET' });
      expect(local.variables).toEqual([
        ...['CONFIG', 'NEVER', 'NO_PATH'].map(hidden),
        { name: 'PLAIN', value: 'p', masked: false, type: 'CONFIG' },
        ...['SECRET', 'WAY'].map(hidden),
      ]);
      expect(local.unresolved).toEqual([]);
      expect(local.explain).toEqual({ outcome: 'PRESENT', type: 'SECRET', references: [] });
      const developer = (await app.gql(query, {}, await app.token('developer'))).data.project.service.environment;
      const shown = developer.variables.filter(({ masked }: { masked: boolean }) => !masked);
      expect(shown.map(({ name }: { name: string }) => name)).toEqual(['CONFIG', 'NEVER', 'PLAIN', 'WAY']);
      expect(developer.unresolved).toEqual([{ name: 'NEVER', reason: 'UNKNOWN_GLOBAL_SECRET' }]);
    } finally {
      await app.close();
    }
  });
});
