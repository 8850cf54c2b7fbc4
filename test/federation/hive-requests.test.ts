import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executed, totalOf } from '../support/executed.ts';
import { gatewayToken, startFederated } from '../support/federation/ask.ts';
import { type Hive, startHive } from '../support/federation/hive.ts';
import { type Platform, startPlatform } from '../support/federation/platform.ts';
import { createSender, type Recorder, startRecorder } from '../support/federation/recorder.ts';
import { supergraphOf } from '../support/federation/supergraph.ts';
import { aGroup, aProject, aServiceInput, done, PUT_SERVICE } from '../support/makers.ts';
import type { TestApp } from '../support/start-app.ts';

// What Hive's gateway adds at Keyloom's side, counted instead of timed; test/bench/federation.bench.ts has the times.

let app: TestApp;
let platform: Platform;
let recorder: Recorder;
const hives: Hive[] = [];

beforeAll(async () => {
  const federation = { prefix: 'Keyloom', key: ['projectId', 'id'] } as const;
  app = await startFederated({ federation, answerCacheBytes: 4_000_000 });
  const gateway = await gatewayToken(app);
  platform = await startPlatform();
  recorder = await startRecorder(app.url);
  await aProject(app);
  for (let i = 0; i < 20; i += 1) await done(app, PUT_SERVICE, aServiceInput({ id: `svc-${i}`, name: `Service ${i}` }));
  await aGroup(app, { name: 'Shared', variables: [{ name: 'SHARED', value: 'a' }] });
  for (const { url } of [app, recorder]) {
    const { supergraph, errors } = await supergraphOf({ url }, gateway, platform);
    expect(errors).toEqual([]);
    hives.push(await startHive({ supergraph, gateway, subscriptions: 'sse' }));
  }
}, 60_000);
afterAll(async () => {
  for (const hive of hives) await hive.close();
  recorder.close();
  await platform.close();
  await app.close();
});

const SERVICES = `{ services(projectId: "default-project", count: 20) { name environment { variables { name value } } } }`;

async function through(hive: Hive | undefined): Promise<void> {
  const response = await fetch(hive?.url ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.owner}` },
    body: JSON.stringify({ query: SERVICES }),
  });
  expect((await response.text()).match(/"SHARED"/g)).toHaveLength(20);
}

describe('what reaches Keyloom through Hive', () => {
  it('is the same body each time, in one piece, on one connection', async () => {
    Object.assign(recorder.seen, { connections: 0, requests: 0, pieces: 0 });
    const bodies = new Set<string>();
    for (let i = 0; i < 3; i += 1) {
      await through(hives[1]);
      bodies.add(recorder.last().request.toString('latin1').split('\r\n\r\n')[1] ?? '');
    }
    expect(recorder.seen).toEqual({ connections: 1, requests: 3, pieces: 3 });
    expect(bodies.size).toBe(1);
  });

  it('is given again without being looked at, and costs what the same bytes cost when they are sent directly', async () => {
    await through(hives[1]);
    const sender = createSender(app.url);
    const { request, answer } = recorder.last();
    const direct = async (): Promise<void> => {
      const bytes = await sender.send(request);
      expect(bytes.subarray(-1_000)).toEqual(answer.subarray(-1_000));
    };
    try {
      // The ways are walked once before they are counted: connections are open, and the answer is kept.
      for (const way of [() => through(hives[0]), direct]) await way();
      const [hive, alone] = [await executed(() => through(hives[0])), await executed(direct)];
      for (const counts of [hive, alone]) {
        expect(counts.get('http/kept-lane.ts')).toBeGreaterThan(0);
        expect(counts.get('http/graphql-route.ts') ?? 0).toBe(0);
        expect(counts.get('graphql/engine/execute.ts') ?? 0).toBe(0);
        expect(counts.get('domain/resolve.ts') ?? 0).toBe(0);
      }
      expect(totalOf(hive)).toBeLessThanOrEqual(1.1 * totalOf(alone));
    } finally {
      sender.close();
    }
  });
});
