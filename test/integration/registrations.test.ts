import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroup, aProject, base64, codeOf, done, operation, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Cases 249 and 250: a dependent's token is for one registration of its workload, and deleting one takes what it holds. */
let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await aGroup(app, { name: 'For All', variables: [{ name: 'SHARED', value: 'hunter2canary' }] });
});
afterAll(() => app.close());

const KINDS = [
  ['SERVICE', 'Service', 'service'],
  ['JOB', 'Job', 'job'],
] as const;
const PROJECT = 'default-project';
const put = (name: string, id: string, over: object = {}, token?: string) =>
  run(
    app,
    operation(`put${name}`, `${name.toLowerCase()} { id tags variables { name } files { path } }`),
    { project: PROJECT, id, name: 'Some Workload', ...over },
    token,
  );
const change = (what: 'delete' | 'restore', name: string, id: string, token?: string) =>
  run(
    app,
    operation(`${what}${name}`, `${name.toLowerCase()} { id tags variables { name value } files { path data } }`),
    { project: PROJECT, id },
    token,
  );
const dependent = (kind: string, id: string, project = PROJECT) =>
  app.token('dependent', { kind: 'DEPENDENT', workload: { project, kind, id } });

describe.each(KINDS)('a token of a %s', (kind, name, field) => {
  const id = `own-${field}`;
  const resolved = async (token: string) => {
    const query = `{ project(slug: "${PROJECT}") { ${field}(id: "${id}") { environment { variables { name value } } } } }`;
    const { status, data } = await app.gql(query, {}, token);
    return status === 200 ? data.project[field].environment.variables : status;
  };
  const VALUES = [{ name: 'SHARED', value: 'hunter2canary' }];

  it('case 249: ends with it, comes back with it, and is nothing to another of the same name', async () => {
    await put(name, id);
    const token = await dependent(kind, id);
    expect(await resolved(token)).toEqual(VALUES);
    await put(name, id, { tags: ['again'] });
    expect(await resolved(token)).toEqual(VALUES);
    expect(codeOf(await change('delete', name, id))).toBe('OK');
    expect(await resolved(token)).toBe(401);
    expect(codeOf(await change('restore', name, id))).toBe('OK');
    expect(await resolved(token)).toEqual(VALUES);
    await change('delete', name, id);
    await put(name, id);
    expect(await resolved(token)).toBe(401);
    const next = await dependent(kind, id);
    expect([await resolved(token), await resolved(next)]).toEqual([401, VALUES]);
    // The old registration is gone for good: what is restored later is the new one.
    await change('delete', name, id);
    await change('restore', name, id);
    expect([await resolved(token), await resolved(next)]).toEqual([401, VALUES]);
  });

  it('case 249: learns nothing of what had its id before, as of an earlier commit', async () => {
    const at = `past-${field}`;
    const seq = async () => (await app.gql('{ commits(last: 1) { nodes { seq } } }')).data.commits.nodes[0].seq;
    const asOf = async (commit: number, token?: string) => {
      const { data, errors } = await app.gql(
        `{ project(slug: "${PROJECT}") { it: ${field}(id: "${at}") { environment(at: ${commit}) {
          digest variables { name value } explain(name: "OWN") { outcome } } } } }`,
        {},
        token,
      );
      return errors ? errors[0]?.message : data.project.it.environment.variables;
    };
    const before = await seq();
    await put(name, at, { variables: [{ name: 'OWN', value: 'hunter2canary' }] });
    const held = await seq();
    await change('delete', name, at);
    await put(name, at, { variables: [{ name: 'NEXT', value: 'x' }] });
    const registered = await seq();
    const next = await dependent(kind, at);
    await put(name, at, { variables: [] });
    const label = name.toLowerCase();
    const isThere = [expect.objectContaining({ name: 'NEXT' }), ...VALUES];
    expect(await asOf(registered, next)).toEqual(isThere);
    expect(await asOf(await seq(), next)).toEqual(VALUES);
    for (const commit of [before, held, held + 1]) {
      expect(await asOf(commit, next)).toBe(`The ${label} was not there at commit ${commit}`);
    }
    // To those who may read all it is what it was.
    expect(await asOf(held)).toContainEqual({ name: 'OWN', value: 'hunter2canary' });
    expect(JSON.stringify(await asOf(held, await app.token('developer')))).not.toContain('hunter2canary');
  });

  it('case 249: is made for what is there and seen, and for nothing else', async () => {
    const make = (workload: object, token?: string) =>
      run(
        app,
        operation('createToken', 'token { id }'),
        { name: 'a token', kind: 'DEPENDENT', role: 'dependent', workload },
        token,
      );
    for (const workload of [
      { project: PROJECT, kind, id: 'nobody' },
      { project: 'no-project', kind, id },
      { project: PROJECT, kind: kind === 'JOB' ? 'SERVICE' : 'JOB', id },
    ]) {
      expect(codeOf(await make(workload))).toBe('NOT_FOUND');
    }
    await put(name, 'gone');
    await change('delete', name, 'gone');
    expect(codeOf(await make({ project: PROJECT, kind, id: 'gone' }))).toBe('NOT_FOUND');
  });

  it('case 249: its stream ends with its workload', async () => {
    const listening = `listens-${field}`;
    await put(name, listening);
    const token = await dependent(kind, listening);
    const other = await dependent(kind, id);
    const subscription = `subscription { environmentChanged(project: "${PROJECT}", workload: { kind: ${kind}, id: "${listening}" }) { __typename } }`;
    const open = (query: string, bearer: string) =>
      fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query }),
      });
    const [mine, theirs] = [await open(subscription, token), await open(subscription.replace(listening, id), other)];
    const text = mine.text();
    await change('delete', name, listening);
    expect(await text).toContain('"code":"FORBIDDEN"');
    const reader = theirs.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(':\n\n');
    await reader?.cancel();
  });

  it('case 250: whoever may delete configuration alone may not delete one that holds values', async () => {
    const developer = await app.token('developer');
    const held = [
      { variables: [{ name: 'A', value: 'a' }] },
      { buildArguments: [{ name: 'A', value: 'a' }] },
      { files: [{ path: '/a', data: base64('a') }] },
      { buildFiles: [{ path: '/a', data: base64('a') }] },
    ];
    for (const over of held) {
      await put(name, 'holds', over);
      expect(codeOf(await change('delete', name, 'holds', developer))).toBe('FORBIDDEN');
    }
    await change('delete', name, 'holds');
    // Restoring writes the values once more.
    expect(codeOf(await change('restore', name, 'holds', developer))).toBe('FORBIDDEN');
    const { [field]: restored } = await done(app, operation(`restore${name}`, `${field} { buildFiles { path } }`), {
      project: PROJECT,
      id: 'holds',
    });
    expect(restored.buildFiles).toEqual([{ path: '/a' }]);
    await put(name, 'plain');
    expect(codeOf(await change('delete', name, 'plain', developer))).toBe('OK');
    expect(codeOf(await change('restore', name, 'plain', developer))).toBe('OK');
  });

  it('a restoration takes `restrict` where its tags let it in, and something that is deleted', async () => {
    await put(name, 'tagged', { tags: [`vault-${field}`] });
    await change('delete', name, 'tagged');
    await aGroup(app, { name: `Vault ${name}`, restrictions: { restricted: true, tags: [`vault-${field}`] } });
    const developer = await app.token('developer');
    expect(codeOf(await change('restore', name, 'tagged', developer))).toBe('FORBIDDEN');
    expect(codeOf(await change('restore', name, 'tagged', await app.token('auditor')))).toBe('FORBIDDEN');
    expect(codeOf(await change('restore', name, 'tagged'))).toBe('OK');
    expect(codeOf(await change('restore', name, 'tagged'))).toBe('NOT_FOUND');
    expect(codeOf(await change('restore', name, 'never-there'))).toBe('NOT_FOUND');
  });
});
