import { useOnResolve } from '@envelop/on-resolve';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import type { Plugin } from 'graphql-yoga';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { aProject } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Plugins of the Yoga world see every request that is executed, whatever it came over. */
let app: TestApp;
let resolved: string[];
let hooks: string[];

const counting: Plugin = {
  onParse: () => void hooks.push('parse'),
  onValidate: () => void hooks.push('validate'),
  onContextBuilding: () => void hooks.push('context'),
  onExecute: () => {
    hooks.push('execute');
    return { onExecuteDone: () => void hooks.push('executed') };
  },
  onSubscribe: () => ({ onSubscribeResult: () => ({ onNext: () => void hooks.push('event') }) }),
};

beforeEach(async () => {
  resolved = [];
  hooks = [];
  const onResolve = useOnResolve(({ info }) => void resolved.push(`${info.parentType.name}.${info.fieldName}`));
  app = await startApp({ graphqlPlugins: [onResolve as unknown as Plugin, counting] });
  await aProject(app);
  [resolved, hooks] = [[], []];
});
afterEach(() => app.close());

const QUERY = '{ project(slug: "default-project") { slug } }';
const SEEN = ['Query.project', 'Project.slug'];
const STEPS = ['parse', 'validate', 'context', 'execute', 'executed'];
const CHANGES = 'subscription { changes { ... on CommitEvent { cursor operation } } }';
const bearer = () => ({ authorization: `Bearer ${app.owner}` });
const url = () => `${app.url}/graphql`;

const sockets = () =>
  createSocketClient({ url: url().replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: bearer() });
const events = () => createSseClient({ url: url(), headers: bearer() });

interface Told {
  readonly data?: unknown;
}
async function first(results: object): Promise<Told> {
  for await (const result of results as AsyncIterable<Told>) return result;
  throw new Error('Nothing came');
}

/** Asks for the query by one of the transports. */
const TRANSPORTS: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['POST', () => app.gql(QUERY)],
  ['GET', async () => (await fetch(`${url()}?query=${encodeURIComponent(QUERY)}`, { headers: bearer() })).json()],
  ['server-sent events', () => first(events().iterate({ query: QUERY }))],
  ['WebSocket', () => first(sockets().iterate({ query: QUERY }))],
];

describe('A stock plugin in the list', () => {
  it.each(TRANSPORTS)('sees each request over %s, repeated ones too', async (_name, ask) => {
    for (const _ of [1, 2, 3]) {
      [resolved, hooks] = [[], []];
      expect(await ask()).toMatchObject({ data: { project: { slug: 'default-project' } } });
      expect([resolved, hooks]).toEqual([SEEN, STEPS]);
    }
  });

  it.each([
    ['WebSocket', () => sockets()],
    ['server-sent events', () => events()],
  ])('sees every event of every listener over %s', async (_name, client) => {
    const told = [client(), client()].map((each) => first(each.iterate({ query: CHANGES })));
    await expect.poll(() => hooks.filter((hook) => hook === 'context').length).toBe(2);
    // Both are in their place when the listener of the store is asked.
    let tags = 0;
    await expect
      .poll(async () => {
        tags += 1;
        await app.gql(`mutation { createTag(input: { name: "tag-${tags}" }) { __typename } }`);
        return hooks.filter((hook) => hook === 'event').length;
      })
      .toBeGreaterThanOrEqual(2);
    for (const result of await Promise.all(told)) {
      expect(result.data).toMatchObject({ changes: { operation: 'tag.create' } });
    }
    expect(resolved.filter((field) => field === 'CommitEvent.operation').length).toBeGreaterThanOrEqual(2);
  });

  it('sees what a request that is refused got to', async () => {
    expect(await app.gql('{ nothing }')).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    expect([resolved, hooks]).toEqual([[], ['parse', 'validate']]);
  });
});

describe('A plugin that refuses', () => {
  const refusing: Plugin = {
    onValidate: ({ addValidationRule }) =>
      addValidationRule(() => ({
        Field(node: { name: { value: string } }) {
          if (node.name.value === 'viewer') throw new Error('hunter2canary');
        },
      })),
  };

  it('is heard, and its words are masked as all others are', async () => {
    const other = await startApp({ graphqlPlugins: [refusing] });
    const { errors } = await other.gql('{ viewer { id } }');
    expect(errors).toMatchObject([{ message: 'Internal error', extensions: { code: 'INTERNAL' } }]);
    expect((await other.gql('{ tags { name } }')).data).toEqual({ tags: [] });
    await other.close();
  });
});

describe('Without other plugins', () => {
  it('a repeated answer is given past the pipeline', async () => {
    const plain = await startApp({});
    let contexts = 0;
    const { schema } = plain.gateway;
    const field = schema.getQueryType()?.getFields().tags;
    const resolve = field?.resolve;
    if (!field || !resolve) throw new Error('no such field');
    field.resolve = (...args) => {
      contexts += 1;
      return resolve(...args);
    };
    for (const _ of [1, 2, 3]) await plain.gql('{ tags { name } }');
    field.resolve = resolve;
    expect(contexts).toBe(1);
    await plain.close();
  });
});
