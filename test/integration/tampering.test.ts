import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Doc, Fields, Key } from '../../src/store/port.ts';
import { aServiceInput, ENVIRONMENT, GROUP_FIELDS, PUT_SERVICE } from '../support/makers.ts';
import type { TestApp } from '../support/start-app.ts';
import { CANARY, codeOf, type TamperedApp, tamperedApp } from '../support/tampered-app.ts';

const P = 'default-project';
const keyOf = (group: string, project = P): Key => ['default', project, group];
const GROUP = `query ($project: Slug!, $slug: Slug!) { project(slug: $project) { secretGroup(slug: $slug) { ${GROUP_FIELDS} } } }`;

const groupCode =
  (slug: string, project = P) =>
  (app: TestApp) =>
    codeOf(app, GROUP, { project, slug });
const environmentCode =
  (project = P, service = 'example-service', at: number | null = null) =>
  (app: TestApp) =>
    codeOf(app, ENVIRONMENT, { project, service, at });

const REFUSED = ['INTEGRITY', 'INTEGRITY'];
const SERVED = ['ok', 'ok'];

let t: TamperedApp;
let restore: () => Promise<void>;
beforeAll(async () => {
  t = await tamperedApp();
});
afterAll(() => t.app.close());
beforeEach(() => {
  restore = t.edit.remember();
  t.lines.length = 0;
});
afterEach(async () => {
  await restore();
  expect(t.said()).not.toContain(CANARY);
  expect(t.said()).not.toContain(Buffer.from(CANARY).toString('base64').slice(0, 12));
});

const edited = (doc: Doc, fields: Fields): Doc => ({ ...doc, fields: { ...doc.fields, ...fields } });
const group = (slug: string, project = P): Doc => t.edit.read('secretGroup', keyOf(slug, project));
const put = (slug: string, doc: Doc | null, project = P) => t.edit.write('secretGroup', keyOf(slug, project), doc);

/** Only these groups of the project are refused, and everything that inherits from the project; the rest is served. */
async function expectRefused(slugs: readonly string[], project = P): Promise<void> {
  for (const slug of slugs) {
    expect(await t.ask(groupCode(slug, project)), slug).toEqual(REFUSED);
    const document = keyOf(slug, project).join('/');
    expect(t.lines).toContainEqual({
      level: 'error',
      message: 'integrity_failure',
      fields: { kind: 'secretGroup', document },
    });
  }
  for (const slug of ['web', 'api', 'jobs', 'vault'].filter((each) => !slugs.includes(each))) {
    expect(await t.ask(groupCode(slug, project)), slug).toEqual(SERVED);
  }
  expect(await t.ask(environmentCode(project))).toEqual(REFUSED);
  expect(await t.ask(environmentCode(project, 'plain'))).toEqual(REFUSED);
}

async function expectServed(project: string): Promise<void> {
  for (const slug of ['web', 'api', 'jobs', 'vault']) {
    expect(await t.ask(groupCode(slug, project))).toEqual(SERVED);
  }
  expect(await t.ask(environmentCode(project))).toEqual(SERVED);
}

it('serves all of it as long as nobody tampers', async () => {
  await expectServed(P);
  await expectServed('other');
  expect(t.lines.filter(({ message }) => message === 'integrity_failure')).toEqual([]);
});

describe('case 109: what was sealed for one place, put into another', () => {
  it('bodies of two groups', async () => {
    const [web, api] = [group('web'), group('api')];
    await put('web', { ...web, body: api.body });
    await put('api', { ...api, body: web.body });
    await expectRefused(['api', 'web']);
    await expectServed('other');
  });

  it('bodies and tags of two groups', async () => {
    const [web, api] = [group('web'), group('api')];
    await put('web', { ...web, body: api.body, tag: api.tag });
    await put('api', { ...api, body: web.body, tag: web.tag });
    await expectRefused(['api', 'web']);
  });

  it('whole documents of two groups', async () => {
    const [api, jobs] = [group('api'), group('jobs')];
    await put('api', { ...jobs, key: api.key });
    await put('jobs', { ...api, key: jobs.key });
    await expectRefused(['api', 'jobs']);
  });

  it('a whole document, its key too, over another', async () => {
    await put('api', group('jobs'));
    await expectRefused(['api']);
  });

  it('bodies of two projects', async () => {
    const [here, there] = [group('api'), group('api', 'other')];
    await put('api', { ...here, body: there.body, tag: there.tag });
    await put('api', { ...there, body: here.body, tag: here.tag }, 'other');
    await expectRefused(['api']);
    await expectRefused(['api'], 'other');
  });

  it('a whole document of another project, its key too', async () => {
    await put('api', group('api', 'other'));
    await expectRefused(['api']);
    await expectServed('other');
  });

  it('the body of an earlier revision', async () => {
    const past = t.edit.readRevision('secretGroup', keyOf('web'), 1);
    await put('web', { ...group('web'), body: past.body });
    await expectRefused(['web']);
  });

  it('the body of a service', async () => {
    const service = t.edit.read('service', keyOf('example-service'));
    await put('api', { ...group('api'), body: service.body, tag: service.tag });
    await expectRefused(['api']);
  });
});

it('case 110: an earlier revision, as it was, in the place of the present one', async () => {
  await put('web', t.edit.readRevision('secretGroup', keyOf('web'), 1));
  await expectRefused(['web']);
  await expectServed('other');
});

describe('case 111: documents that came or went', () => {
  it('a group that is gone', async () => {
    await put('api', null);
    await expectRefused(['api']);
    await expectServed('other');
  });

  it('a group that was never made', async () => {
    const key = keyOf('new');
    await t.edit.write('secretGroup', key, { ...group('api'), key });
    expect(await t.ask(groupCode('new'))).toEqual(REFUSED);
    await expectRefused(['new']);
  });

  it('a service that is gone', async () => {
    await t.edit.write('service', keyOf('plain'), null);
    expect(await t.ask(environmentCode(P, 'plain'))).toEqual(REFUSED);
    expect(await t.ask(environmentCode())).toEqual(SERVED);
  });
});

describe('case 112: plain fields that were edited', () => {
  it.each([
    ['type', { type: 'config' }],
    ['secretType', { secretType: 'arguments' }],
    ['priority', { priority: 99 }],
    ['restrictions', { restrictions: { restricted: false, workloads: [], tags: [], tagMatchCondition: 'or' } }],
    ['tags', { tags: [] }],
    ['name', { name: 'Another' }],
    ['stageId', { stageId: 'production' }],
    ['updatedAt', { updatedAt: '2020-01-01T00:00:00.000Z' }],
    ['a field that there is not', { owner: 'me' }],
  ] as const)('%s of a group', async (_what, fields) => {
    await put('vault', edited(group('vault'), fields));
    await expectRefused(['vault']);
    await expectServed('other');
  });

  it.each([
    ['deleted', { deleted: true }],
    ['revision', { revision: 2 }],
    ['tag', { tag: new Uint8Array(32) }],
  ] as const)('%s of a group', async (_what, over) => {
    await put('vault', { ...group('vault'), ...over });
    await expectRefused(['vault']);
  });

  it('tags of a service: it is refused, others are not', async () => {
    const key = keyOf('plain');
    await t.edit.write('service', key, edited(t.edit.read('service', key), { tags: ['trusted'] }));
    expect(await t.ask(environmentCode(P, 'plain'))).toEqual(REFUSED);
    expect(await t.ask(environmentCode())).toEqual(SERVED);
    expect(await t.ask(groupCode('web'))).toEqual(SERVED);
  });

  it('a project: it is refused, others are not', async () => {
    const key = ['default', P];
    await t.edit.write('project', key, edited(t.edit.read('project', key), { name: 'Another' }));
    expect(await t.ask(groupCode('web'))).toEqual(REFUSED);
    expect(await t.ask(environmentCode())).toEqual(REFUSED);
    await expectServed('other');
  });

  it('tags that would let a service into a group are not granted while that group cannot be read', async () => {
    const operator = await t.app.token('operator');
    const input = aServiceInput({ id: 'plain', name: 'Plain', tags: ['trusted'] });
    await put('vault', edited(group('vault'), { tags: [] }));
    const putService = (app: TestApp) => codeOf(app, PUT_SERVICE, { input }, operator);
    expect(await t.ask(putService)).toEqual(REFUSED);
    // The gateway has seen a commit that `restore` takes back, so the rest has another one.
    restore = async () => {};
    await t.app.close();
    t = await tamperedApp();
  });
});

describe('case 107, 108: envelopes that were damaged, through the gateway', () => {
  it('one bit in any place of an envelope', async () => {
    const api = group('api');
    for (let at = 0; at < api.body.length; at = at < 130 ? at + 5 : at + 40) {
      const body = Uint8Array.from(api.body, (byte, i) => (i === at ? byte ^ 1 : byte));
      await put('api', { ...api, body });
      expect([at, await groupCode('api')(t.app), await groupCode('web')(t.app)]).toEqual([at, 'INTEGRITY', 'ok']);
    }
    await expectRefused(['api']);
  });

  it.each([0, 1, 18, 50, 118, 119, 200])('an envelope of %i bytes', async (length) => {
    const api = group('api');
    await put('api', { ...api, body: api.body.slice(0, length) });
    await expectRefused(['api']);
  });

  it('the content of a file: that file is refused', async () => {
    const [content] = await t.app.store.list('content', ['default', P], { limit: 1 });
    if (!content) throw new Error('unreachable');
    const body = Uint8Array.from(content.body, (byte, i) => (i === 125 ? byte ^ 1 : byte));
    await t.edit.write('content', content.key, { ...content, body });
    const codes = await Promise.all(['web', 'api', 'jobs', 'vault'].map((slug) => groupCode(slug)(t.app)));
    expect(codes.filter((code) => code === 'INTEGRITY')).toHaveLength(1);
  });
});
