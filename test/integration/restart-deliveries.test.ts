import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReach } from '../../src/net/reach.ts';
import { codeOf, done, environmentOf, run } from '../support/makers.ts';
import {
  ACKNOWLEDGE,
  aClock,
  aFleet,
  appFor,
  aReceiver,
  CANCEL,
  DELETE_WEBHOOK,
  PUT_WEBHOOK,
  putWebhook,
  REDELIVER,
  RESTART,
  type Receiver,
  ROTATE_SECRET,
  requestsOf,
  runJobs,
  setA,
  verified,
} from '../support/restarts.ts';
import type { TestApp } from '../support/start-app.ts';

const clock = aClock();
let receiver: Receiver;
let app: TestApp;
let group: string;
beforeEach(async () => {
  receiver = await aReceiver();
  app = await appFor(receiver, { clock: clock.now });
  group = await aFleet(app, 2);
});
afterEach(async () => {
  await app.close();
  await receiver.close();
});

const restart = async (over: object = {}) => (await done(app, RESTART, { source: group, ...over })).restart;
/** Each request as `workload request delivery attempts`. */
const states = async () =>
  (await requestsOf(app))
    .map(({ workloadId, state, delivery }) => `${workloadId} ${state} ${delivery?.state} ${delivery?.attemptCount}`)
    .sort();
const failing = (status: number, headers = {}) => {
  receiver.answer = (_call, response) => response.writeHead(status, headers).end();
};
const working = () => failing(204);

describe('the deploy webhook', () => {
  it('case 166, 219: gets each request once, signed, without a value', async () => {
    const { secret } = await putWebhook(app, receiver);
    expect(secret).toMatch(/^klmwh_[\w-]{43}$/);
    await setA(app, group, 'hunter2canary');
    const made = await restart({ reason: 'a reason' });
    await runJobs(app);
    await runJobs(app);
    expect(await states()).toEqual(['s-1 RELEASED DELIVERED 1', 's-2 RELEASED DELIVERED 1']);
    expect(receiver.calls).toHaveLength(2);
    expect(receiver.maxAtOnce()).toBe(1);
    const [call] = receiver.calls;
    if (!call) throw new Error('unreachable');
    const { id, seq } = made.requests.nodes.find(
      ({ workloadId }: { workloadId: string }) => workloadId === call.body.workload.id,
    );
    expect(call.body).toEqual({
      id: Buffer.from(id, 'base64').toString().split('/')[1],
      type: 'restart.requested',
      team: 'default',
      project: 'default-project',
      workload: { kind: 'service', id: call.body.workload.id },
      scopes: ['RUNTIME'],
      seq,
      reason: 'a reason',
      at: clock.now().toISOString(),
      attempt: 1,
    });
    expect(call.headers).toMatchObject({
      'content-type': 'application/json',
      'x-keyloom-delivery': call.body.id,
      'idempotency-key': call.body.id,
    });
    expect(JSON.stringify(receiver.calls)).not.toContain('hunter2canary');
    const at = Math.floor(clock.now().getTime() / 1000);
    expect(verified(call, [secret, 'another'])).toEqual({ t: at, by: [secret], signatures: 1 });
    expect(verified({ ...call, text: `${call.text} ` }, [secret]).by).toEqual([]);
  });

  it('case 244: another URL takes a secret of its own, so that nobody can have the old one sign for them', async () => {
    const { secret: first } = await putWebhook(app, receiver);
    const moved = await putWebhook(app, receiver, { url: `${receiver.url}/elsewhere` });
    expect([typeof moved.secret, moved.secret === first, moved.deployWebhook.signingSecrets.length]).toEqual([
      'string',
      false,
      1,
    ]);
    const same = await putWebhook(app, receiver, { url: `${receiver.url}/elsewhere` });
    expect([same.secret, same.deployWebhook.signingSecrets.length]).toEqual([null, 1]);
    await restart();
    receiver.calls.length = 0;
    await runJobs(app);
    expect(receiver.calls.map((call) => verified(call, [first, moved.secret]).by)).toEqual([
      [moved.secret],
      [moved.secret],
    ]);
  });

  it('case 219: is signed with both secrets while they change', async () => {
    const { secret: first, deployWebhook } = await putWebhook(app, receiver);
    const { secret: second } = await done(app, ROTATE_SECRET, { id: deployWebhook.id, overlapSeconds: 3_600 });
    expect(second).not.toBe(first);
    const signersAfter = async (seconds: number) => {
      clock.pass(seconds);
      await restart();
      receiver.calls.length = 0;
      await runJobs(app);
      return receiver.calls.map((call) => verified(call, [first, second]).by);
    };
    expect(await signersAfter(3_599)).toEqual([
      [first, second],
      [first, second],
    ]);
    expect(await signersAfter(1)).toEqual([[second], [second]]);
    const own = 'a-secret-of-the-receivers-own';
    expect(
      await done(app, PUT_WEBHOOK, { project: 'default-project', url: `${receiver.url}/deploy`, secret: own }),
    ).toMatchObject({
      secret: null,
      deployWebhook: { revision: 3, signingSecrets: [{ until: null }, {}] },
    });
    await restart();
    receiver.calls.length = 0;
    await runJobs(app);
    expect(receiver.calls.map((call) => verified(call, [first, second, own]).by)).toEqual([
      [second, own],
      [second, own],
    ]);
  });

  it('case 166: is asked again with back-off, and given up after so many attempts', async () => {
    await app.close();
    app = await appFor(receiver, {
      clock: clock.now,
      limits: { webhookAttempts: 3, webhookBackoffMs: 1_000, webhookBackoffMostMs: 2_000 },
    });
    group = await aFleet(app, 1);
    await putWebhook(app, receiver);
    failing(400);
    await restart();
    for (const attempts of [1, 2]) {
      await runJobs(app);
      const [request] = await requestsOf(app);
      expect(request.delivery).toMatchObject({ state: 'FAILED', attemptCount: attempts });
      const wait = Date.parse(request.delivery.nextAttemptAt) - clock.now().getTime();
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThan(attempts * 1_000);
      clock.pass(2);
    }
    await runJobs(app);
    clock.pass(86_400);
    await runJobs(app);
    const [request] = await requestsOf(app);
    expect(request.delivery).toMatchObject({ state: 'DEAD', attemptCount: 3, nextAttemptAt: null });
    expect(
      request.delivery.attempts.map(({ status, error }: { status: number; error: string }) => [status, error]),
    ).toEqual([400, 400, 400].map((status) => [status, 'STATUS']));
    expect(receiver.calls.map(({ body, headers }) => [body.attempt, headers['idempotency-key']])).toEqual(
      [1, 2, 3].map((attempt) => [attempt, receiver.calls[0]?.body.id]),
    );
    working();
    const { restartRequest } = await done(app, REDELIVER, { id: request.id });
    expect(restartRequest.delivery.state).toBe('PENDING');
    await runJobs(app);
    expect(await states()).toEqual(['s-1 RELEASED DELIVERED 4']);
    expect(receiver.calls[3]?.headers['idempotency-key']).toBe(`${receiver.calls[0]?.body.id}-2`);
  });

  it.each([
    ['seconds', () => '120'],
    ['a date', () => new Date(clock.now().getTime() + 120_000).toUTCString()],
  ])('waits as long as it asks for, in %s', async (_what, header) => {
    await putWebhook(app, receiver);
    failing(503, { 'retry-after': header() });
    await restart();
    await runJobs(app);
    const [request] = await requestsOf(app);
    expect(Date.parse(request.delivery.nextAttemptAt) - clock.now().getTime()).toBeGreaterThan(118_000);
    failing(503, { 'retry-after': '999999999' });
    clock.pass(3_600);
    await runJobs(app);
    const [again] = await requestsOf(app);
    expect(Date.parse(again.delivery.nextAttemptAt) - clock.now().getTime()).toBe(3_600_000);
  });

  it('is not asked again once it says that it is gone', async () => {
    await putWebhook(app, receiver);
    failing(410);
    await restart();
    await runJobs(app);
    expect(await states()).toEqual(['s-1 RELEASED DEAD 1', 's-2 RELEASED DEAD 1']);
  });

  it('case 218: at a private address, behind a redirect, or without https is refused; a long answer is not read', async () => {
    await app.close();
    // Allowed when it was given, and not any more when it is delivered to.
    const allowed = createReach([receiver.host]);
    let isAllowed = true;
    const reach = { ...allowed, isNamed: (host: string, port: number) => isAllowed && allowed.isNamed(host, port) };
    app = await appFor(receiver, { clock: clock.now, reach });
    group = await aFleet(app, 2);
    await putWebhook(app, receiver);
    isAllowed = false;
    await restart();
    await runJobs(app);
    const [refusal] = (await requestsOf(app)).filter(({ state }) => state === 'RELEASED');
    expect(refusal.delivery.attempts).toMatchObject([{ status: null, error: 'REFUSED' }]);
    expect(receiver.calls.length).toBe(0);
    isAllowed = true;
    await putWebhook(app, receiver);
    receiver.answer = (_call, response) => response.writeHead(302, { location: `${receiver.url}/other` }).end();
    await restart();
    await runJobs(app);
    const seen = receiver.calls.length;
    expect((await requestsOf(app)).at(-1).delivery.attempts[0]).toMatchObject({ error: 'REFUSED' });
    receiver.answer = (_call, response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(1_000_000));
    };
    await restart();
    await runJobs(app);
    expect(receiver.calls.length).toBe(seen + 2);
    expect((await states()).filter((line) => line.includes('DELIVERED'))).toHaveLength(2);
  });

  it.each([
    'http://127.0.0.1:1/x',
    'https://127.0.0.1:1/x',
    'https://[::1]/',
    'https://169.254.169.254/',
    'http://2130706433/',
    'http://deploy.example.com/',
    'https://localhost/',
    'https://deploy.localhost./',
    'https://metadata.google.internal/',
    'https://192.175.48.1/',
    'another port of the allowed host',
  ])('case 254: %s is refused when it is given', async (url) => {
    const { hostname, port } = new URL(receiver.url);
    const given = url.startsWith('http') ? url : `http://${hostname}:${Number(port) + 1}/`;
    const input = { project: 'default-project', url: given };
    const { data } = await app.gql(PUT_WEBHOOK, { input });
    expect(data.result).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: ['url'], rule: 'host' }] });
    const { webhook } = (await app.gql('{ project(slug: "default-project") { webhook: deployWebhook { url } } }')).data
      .project;
    expect(webhook).toBeNull();
  });

  it('case 218: that does not answer costs no more than its deadline', async () => {
    await app.close();
    app = await appFor(receiver, { clock: clock.now, limits: { webhookDeadlineMs: 50 } });
    group = await aFleet(app, 1);
    await putWebhook(app, receiver);
    receiver.answer = () => {};
    await restart();
    await runJobs(app);
    expect((await requestsOf(app))[0].delivery.attempts).toMatchObject([{ status: null, error: 'TIMEOUT' }]);
  });

  it.each([
    ['no URL', { url: 'nowhere' }, 'url url'],
    ['another scheme', { url: 'ftp://example.com/' }, 'url url'],
    ['credentials', { url: 'https://a:hunter2canary@example.com/' }, 'url credentials'],
    ['case 65: a line break', { url: 'https://example.com/\r\nx: y' }, 'url url'],
    ['too long a URL', { url: `https://example.com/${'a'.repeat(2_048)}` }, 'url max'],
    ['a short secret', { url: 'https://example.com/', secret: 'short' }, 'secret pattern'],
  ])('is refused with %s', async (_what, over, refusal) => {
    const result = await run(app, PUT_WEBHOOK, { project: 'default-project', ...over });
    expect(result.fields?.map(({ path, rule }: { path: string[]; rule: string }) => `${path} ${rule}`)).toContain(
      refusal,
    );
    expect(JSON.stringify(result)).not.toContain('hunter2canary');
  });
});

describe('what became of a request', () => {
  beforeEach(() => putWebhook(app, receiver));

  it('acknowledged before it was delivered, is not delivered any more', async () => {
    await restart();
    const { seq } = await environmentOf(app, 's-1');
    await done(app, ACKNOWLEDGE, { project: 'default-project', workload: { kind: 'SERVICE', id: 's-1' }, seq });
    await runJobs(app);
    expect(receiver.calls.map(({ body }) => body.workload.id)).toEqual(['s-2']);
    expect(await states()).toEqual(['s-1 ACKNOWLEDGED CANCELLED 0', 's-2 RELEASED DELIVERED 1']);
  });

  it('superseded before it was delivered, is not delivered; delivered, it stays as it is', async () => {
    await restart();
    const last = await restart();
    await runJobs(app);
    expect(receiver.calls.map(({ body }) => body.seq)).toEqual([last.seq, last.seq]);
    await restart();
    await runJobs(app);
    expect((await states()).map((line) => line.split(' ').slice(1).join(' '))).toEqual([
      'RELEASED DELIVERED 1',
      'RELEASED DELIVERED 1',
      'SUPERSEDED CANCELLED 0',
      'RELEASED DELIVERED 1',
      'RELEASED DELIVERED 1',
      'SUPERSEDED CANCELLED 0',
    ]);
    // Two were delivered for each: the older of them must not come after the newer.
    const old = (await requestsOf(app)).find(({ seq, workloadId }) => seq === last.seq && workloadId === 's-1');
    expect(await run(app, REDELIVER, { id: old.id })).toMatchObject({ code: 'CONFLICT' });
  });

  it('cancelled with its restart, is not delivered', async () => {
    const { id } = await restart();
    await done(app, CANCEL, { id });
    await runJobs(app);
    expect(receiver.calls).toEqual([]);
    expect(await states()).toEqual(['s-1 CANCELLED CANCELLED 0', 's-2 CANCELLED CANCELLED 0']);
  });

  it('waits while the webhook is switched off, and is given up when it is deleted', async () => {
    await restart();
    const off = await putWebhook(app, receiver, { isEnabled: false });
    await runJobs(app);
    expect(await states()).toEqual(['s-1 RELEASED PENDING 0', 's-2 RELEASED PENDING 0']);
    await putWebhook(app, receiver);
    failing(500);
    await runJobs(app);
    expect(await states()).toEqual(['s-1 RELEASED FAILED 1', 's-2 RELEASED FAILED 1']);
    await done(app, DELETE_WEBHOOK, { id: off.deployWebhook.id });
    clock.pass(3_600);
    await runJobs(app);
    expect(await states()).toEqual(['s-1 RELEASED DEAD 2', 's-2 RELEASED DEAD 2']);
    expect(receiver.calls).toHaveLength(2);
  });

  it('case 141: is due after the clock was set back a day, and makes no storm when it is set forward', async () => {
    failing(400);
    await restart();
    await runJobs(app);
    clock.pass(-86_400);
    await runJobs(app);
    expect(await states()).toEqual(['s-1 RELEASED FAILED 2', 's-2 RELEASED FAILED 2']);
    clock.pass(2 * 86_400);
    await runJobs(app);
    await runJobs(app);
    expect(receiver.calls.length).toBeLessThanOrEqual(8);
    expect(receiver.maxAtOnce()).toBe(1);
  });

  it('is redelivered only by those who may restart the workload', async () => {
    const made = await restart();
    await runJobs(app);
    const { id } = made.requests.nodes[0];
    expect(codeOf(await run(app, REDELIVER, { id }, await app.token('reader')))).toBe('FORBIDDEN');
    expect(codeOf(await run(app, REDELIVER, { id }, await app.token('developer')))).toBe('OK');
    expect(codeOf(await run(app, REDELIVER, { id }))).toBe('CONFLICT');
  });
});
