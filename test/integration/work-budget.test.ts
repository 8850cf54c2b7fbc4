import { createClient } from 'graphql-ws';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Limits } from '../../src/kernel/limits.ts';
import { turn } from '../../src/kernel/turn.ts';
import type { Wanting, Work } from '../../src/kernel/work.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import { until } from '../support/listening.ts';
import { aGroupInput, aProject, aServiceInput, done, groupOp, PUT_SERVICE } from '../support/makers.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';

const GROUPS = 6;
const REVISIONS = 5;

const aliases = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `a${i}: ${text(i)}`).join(' ');
const ofService = (fields: string): string =>
  `query ($project: Slug!) { project(slug: $project) { service(id: "example-service") { ${fields} } } }`;

const RESOLUTIONS = ofService(
  aliases(6, (i) => `environment(scope: ${i % 2 ? 'BUILD' : 'RUNTIME'}, at: ${10 + i}) { seq }`),
);
const EXPLAINS = ofService(`environment { ${aliases(20, (i) => `explain(name: "NOT_${i}") { outcome }`)} }`);
const HISTORY = ofService(
  `environment { ${aliases(4, () => 'variables { source { ... on SecretGroupSource { group { revisions(first: 1) { nodes { revision } } } } } }')} }`,
);

/** A project of some groups with some revisions each, as a gateway with these limits serves it. */
async function filled(limits: Partial<Limits>, options: AppOptions = {}): Promise<TestApp> {
  const app = await startApp({ limits: { cost: 100_000, ...limits }, ...options });
  await aProject(app);
  const ids: string[] = [];
  for (let g = 0; g < GROUPS; g += 1) {
    const variables = Array.from({ length: 10 }, (_, v) => ({ name: `V_${g}_${v}`, value: `value ${v}` }));
    const made = await done(app, groupOp('createSecretGroup', 'id'), aGroupInput({ name: `group ${g}`, variables }));
    ids.push(made.secretGroup.id);
  }
  await done(app, PUT_SERVICE, aServiceInput());
  for (let r = 1; r < REVISIONS; r += 1) {
    for (const id of ids) await done(app, groupOp('updateSecretGroup', 'id'), { id, description: `text ${r}` });
  }
  return app;
}

const service = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };

async function overSocket({ url }: TestApp, token: string, query: string) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  try {
    for await (const answer of client.iterate({ query, variables: { project: 'default-project' } })) return answer;
    return null;
  } finally {
    await client.dispose();
  }
}

describe('a request that asks for too much work', () => {
  it.each([
    ['resolutions', RESOLUTIONS, 5, { workResolutions: 5 }],
    ['templateSteps', EXPLAINS, 130, { workTemplateSteps: 130 }],
    ['documents', HISTORY, 200, { workDocuments: 200 }],
    ['bytes', HISTORY, 2_000, { workBytes: 2_000 }],
  ])('is refused, over POST and WebSocket: %s', async (budget, query, maximum, limits) => {
    const app = await filled(limits);
    try {
      const extensions = { code: 'BUDGET_EXCEEDED', budget, maximum, requestId: expect.any(String) };
      const posted = await app.gql(query, { project: 'default-project' });
      expect(posted.errors?.[0]?.extensions).toEqual(extensions);
      const answer = await overSocket(app, app.owner, query);
      expect(answer?.errors?.[0]?.extensions).toEqual(extensions);
    } finally {
      await app.close();
    }
  });

  it('is refused by the kind of its token, and costs the next request nothing', async () => {
    const app = await filled({ workResolutions: 5, workResolutionsDependent: 2 });
    try {
      const dependent = await app.token('dependent', { kind: 'DEPENDENT', workload: service });
      const variables = { project: 'default-project' };
      const three = ofService(aliases(3, (i) => `environment(at: ${10 + i}) { seq }`));
      expect((await app.gql(three, variables)).errors).toBe(undefined);
      const { errors } = await app.gql(three, variables, dependent);
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'BUDGET_EXCEEDED', budget: 'resolutions', maximum: 2 });
      const one = ofService('environment { seq variables { name } }');
      for (let i = 0; i < 3; i += 1) expect((await app.gql(one, variables, dependent)).errors).toBe(undefined);
    } finally {
      await app.close();
    }
  });
});

describe('the event loop', () => {
  it.each([
    ['resolutions', RESOLUTIONS],
    ['explanations', EXPLAINS],
    ['history', HISTORY],
  ])('has a turn between pieces of work: %s', async (_what, query) => {
    let work: Work | undefined;
    const app = await filled(
      { workUnitsPerPause: 200 },
      {
        onContext: ({ session }) => {
          work = session.work;
        },
      },
    );
    try {
      const answer = await app.gql(query, { project: 'default-project' });
      expect(answer.errors).toBe(undefined);
      expect(work?.longest).toBeGreaterThan(0);
      expect(work?.longest).toBeLessThanOrEqual(200);
    } finally {
      await app.close();
    }
  });
});

describe('a request that nobody waits for', () => {
  it('reads no more, though its deadline is far', async () => {
    let reads = 0;
    let open: (() => void) | undefined;
    let gate: Promise<void> = Promise.resolve();
    const signals: (() => Wanting)[] = [];
    const app = await filled(
      {},
      {
        open: async ({ mac }) => {
          const store = openMemoryStore({ mac });
          const revisions: Store['revisions'] = async (...args) => {
            reads += 1;
            await gate;
            return store.revisions(...args);
          };
          return { ...store, revisions };
        },
        onRequest: ({ signal }) => signals.push(signal),
      },
    );
    try {
      gate = new Promise((resolve) => {
        open = resolve;
      });
      reads = 0;
      const abort = new AbortController();
      const asked = fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${app.owner}` },
        body: JSON.stringify({ query: RESOLUTIONS, variables: { project: 'default-project' } }),
        signal: abort.signal,
      });
      await until(() => reads > 0, 'the first read');
      abort.abort();
      await expect(asked).rejects.toThrow();
      await until(() => signals.at(-1)?.().aborted === true, 'the end of the connection');
      const before = reads;
      open?.();
      for (let i = 0; i < 20; i += 1) await turn();
      expect(reads).toBe(before);
    } finally {
      await app.close();
    }
  });
});
