import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aProject,
  aServiceInput,
  codeOf,
  done,
  operation,
  PUT_JOB,
  PUT_SERVICE,
  refusals,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const FIELDS = 'id slug name description revision';
const CREATE = operation('createProject', `project { ${FIELDS} }`);
const UPDATE = operation('updateProject', `project { ${FIELDS} }`);
const DELETE = operation('deleteProject', `project { ${FIELDS} }`);
const CREATE_TAG = operation('createTag', 'tag { id name description revision }');
const UPDATE_TAG = operation('updateTag', 'tag { id name description revision }');
const DELETE_TAG = operation('deleteTag', 'tag { id name }');
const listed = async () =>
  (await app.gql('{ projects(first: 100) { nodes { slug } } }')).data.projects.nodes.map(
    ({ slug }: { slug: string }) => slug,
  );

describe('projects', () => {
  it('are made, changed only where something is given, and listed by slug', async () => {
    const { project } = await done(app, CREATE, { name: 'My Project', description: 'One' });
    expect(project).toEqual({
      id: project.id,
      slug: 'my-project',
      name: 'My Project',
      description: 'One',
      revision: 1,
    });
    const id = project.id;
    expect((await done(app, UPDATE, { id, name: 'Other Name' })).project).toEqual({
      ...project,
      name: 'Other Name',
      revision: 2,
    });
    expect((await done(app, UPDATE, { id, description: 'Two' })).project).toMatchObject({
      name: 'Other Name',
      description: 'Two',
    });
    expect((await done(app, UPDATE, { id, description: null })).project).toMatchObject({
      description: null,
      revision: 4,
    });
    expect(await run(app, UPDATE, { id, expectedRevision: 3 })).toMatchObject({ code: 'CONFLICT', currentRevision: 4 });
    await done(app, CREATE, { name: 'A First One' });
    expect(await listed()).toEqual(['a-first-one', 'my-project']);
  });

  it('case 50: cannot share a derived identifier', async () => {
    const id = await aProject(app, 'Taken Name');
    for (const name of ['taken name', 'TAKEN-NAME', 'Taken Name']) {
      expect(await run(app, CREATE, { name })).toMatchObject({ code: 'CONFLICT', existing: id });
    }
  });

  it('answer a repeated idempotency key with the first', async () => {
    const input = { name: 'Only Once', idempotencyKey: 'k' };
    expect(await done(app, CREATE, input)).toEqual(await done(app, CREATE, input));
    expect(await run(app, CREATE, { ...input, description: 'x' })).toMatchObject({ code: 'CONFLICT', existing: null });
  });

  it('cannot be deleted while a workload is there, and are gone with all that is in them', async () => {
    const id = await aProject(app, 'Doomed');
    const group = await aGroup(app, { project: 'doomed' });
    const workload = aServiceInput({ project: 'doomed', id: 'w' });
    for (const [put, remove] of [
      [PUT_SERVICE, 'deleteService'],
      [PUT_JOB, 'deleteJob'],
    ] as const) {
      await done(app, put, workload);
      expect(await run(app, DELETE, { id })).toMatchObject({
        code: 'CONFLICT',
        existing: null,
        message: 'The project still has workloads',
      });
      await done(app, operation(remove, ''), { project: 'doomed', id: 'w' });
    }
    expect((await done(app, DELETE, { id })).project.slug).toBe('doomed');
    expect(await listed()).not.toContain('doomed');
    const { data } = await app.gql('query ($ids: [ID!]!) { nodes(ids: $ids) { id } project(slug: "doomed") { id } }', {
      ids: [id, group.id],
    });
    expect(data).toEqual({ nodes: [null, null], project: null });
    for (const operationOf of [UPDATE, DELETE]) expect(codeOf(await run(app, operationOf, { id }))).toBe('NOT_FOUND');
    expect(codeOf(await run(app, PUT_SERVICE, workload))).toBe('NOT_FOUND');
    // Its keys are under their grace, so its identifier stays taken.
    expect(codeOf(await run(app, CREATE, { name: 'Doomed' }))).toBe('CONFLICT');
  });

  it.each([
    ['too short', { name: 'ab' }, ['name min']],
    ['too long', { name: 'a'.repeat(40) }, ['name max']],
    ['a digit first', { name: '1abc' }, ['name pattern']],
    ['a bad description', { name: 'abc', description: '<script>' }, ['description pattern']],
    ['a long description', { name: 'abc', description: 'a'.repeat(201) }, ['description max']],
    ['a long idempotency key', { name: 'abc', idempotencyKey: 'a'.repeat(201) }, ['idempotencyKey max']],
  ])('are refused with %s', async (_what, input, expected) => {
    expect(await refusals(app, CREATE, input)).toEqual(expected);
  });
});

describe('tags', () => {
  it('are made, described, deleted and made again', async () => {
    const { tag } = await done(app, CREATE_TAG, { name: 'my-tag', description: 'One' });
    expect(tag).toEqual({ id: tag.id, name: 'my-tag', description: 'One', revision: 1 });
    const { id } = tag;
    expect(await run(app, CREATE_TAG, { name: 'my-tag' })).toMatchObject({ code: 'CONFLICT', existing: id });
    // Tags are no slugs: their case counts.
    expect(codeOf(await run(app, CREATE_TAG, { name: 'My-Tag' }))).toBe('OK');
    // What says nothing new is no change.
    expect((await done(app, UPDATE_TAG, { id })).tag).toEqual(tag);
    expect((await done(app, UPDATE_TAG, { id, description: '' })).tag).toMatchObject({ description: null });
    expect(await run(app, UPDATE_TAG, { id, expectedRevision: 1 })).toMatchObject({
      code: 'CONFLICT',
      currentRevision: 2,
    });
    await done(app, DELETE_TAG, { id });
    for (const operationOf of [UPDATE_TAG, DELETE_TAG]) {
      expect(codeOf(await run(app, operationOf, { id }))).toBe('NOT_FOUND');
    }
    expect((await app.gql('{ tags { name } }')).data.tags).toEqual([{ name: 'My-Tag' }]);
    expect((await done(app, CREATE_TAG, { name: 'my-tag' })).tag).toMatchObject({ id, description: null, revision: 4 });
  });

  it('stay on what carries them when they leave the catalog', async () => {
    await aProject(app);
    const { tag } = await done(app, CREATE_TAG, { name: 'leaving' });
    await done(app, PUT_SERVICE, aServiceInput({ tags: ['leaving', 'never-listed'] }));
    await done(app, DELETE_TAG, { id: tag.id });
    const { data } = await app.gql('{ project(slug: "default-project") { service(id: "example-service") { tags } } }');
    expect(data.project.service.tags).toEqual(['leaving', 'never-listed']);
  });

  it.each([
    [{ name: '' }, ['name min', 'name pattern']],
    [{ name: 'a b' }, ['name pattern']],
    [{ name: '-a' }, ['name pattern']],
    [{ name: 'a'.repeat(101) }, ['name max']],
  ])('are refused as %j', async (input, expected) => {
    expect(await refusals(app, CREATE_TAG, input)).toEqual(expected);
  });
});
