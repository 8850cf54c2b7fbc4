import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createReach } from '../../src/net/reach.ts';
import { type HttpStub, httpStub } from './http-stub.ts';
import { aGroupInput, aProject, aServiceInput, done, groupOp, operation, PUT_SERVICE } from './makers.ts';
import { type AppOptions, startApp, type TestApp } from './start-app.ts';

const REQUEST_FIELDS = `id project workloadKind workloadId scopes seq wave state reason notBefore releasedAt closedAt
  delivery { state attemptCount attempts { at status error } nextAttemptAt }`;
const RESTART_FIELDS = `restart { id state seq waves releasedWaves reason skipped { workloadId reason }
  requests(first: 100) { nodes { ${REQUEST_FIELDS} } } }`;
const withLimit = (text: string): string =>
  text.replace('... on Error', '... on LimitExceededError { limit maximum actual } ... on Error');
export const RESTART = withLimit(operation('restartDependents', RESTART_FIELDS));
export const CANCEL = operation('cancelRestart', RESTART_FIELDS);
export const REDELIVER = operation('redeliverRestart', `restartRequest { ${REQUEST_FIELDS} }`);
export const ACKNOWLEDGE = operation(
  'acknowledgeEnvironment',
  'running { scope seq digest isCurrent isRolledBack } acknowledged { workloadId state }',
);
export const PUT_WEBHOOK = operation(
  'putDeployWebhook',
  'deployWebhook { id url isEnabled revision signingSecrets { since until } } secret',
);
export const ROTATE_SECRET = operation(
  'rotateDeployWebhookSecret',
  'deployWebhook { id revision signingSecrets { since until } } secret',
);
export const DELETE_WEBHOOK = operation('deleteDeployWebhook', 'deployWebhook { id }');

export interface Call {
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: read as the test expects it
  readonly body: any;
}

export interface Receiver extends HttpStub {
  readonly calls: Call[];
  /** Most calls that were under way at the same time. */
  readonly maxAtOnce: () => number;
  /** How it answers from now on; 204 unless told. */
  answer: (call: Call, response: ServerResponse) => unknown;
}

/** A deploy platform on loopback. */
export async function aReceiver(): Promise<Receiver> {
  let now = 0;
  let max = 0;
  const calls: Call[] = [];
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    now += 1;
    max = Math.max(max, now);
    response.on('close', () => {
      now -= 1;
    });
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString('utf8');
    const call = { headers: request.headers, text, body: JSON.parse(text) };
    calls.push(call);
    await receiver.answer(call, response);
  };
  const stub = await httpStub((request, response) => void receive(request, response));
  const receiver: Receiver = {
    ...stub,
    calls,
    maxAtOnce: () => max,
    answer: (_call, response) => response.writeHead(204).end(),
  };
  return receiver;
}

/** As a receiver in any language would check it: which of the secrets signed, and when. */
export function verified({ headers, text }: Call, secrets: readonly string[]) {
  const parts = String(headers['x-keyloom-signature']).split(',');
  const t = Number(parts[0]?.replace(/^t=/, ''));
  const signed = parts.slice(1).map((part) => part.replace(/^v1=/, ''));
  const by = secrets.filter((secret) =>
    signed.includes(createHmac('sha256', secret).update(`${t}.${text}`).digest('hex')),
  );
  return { t, by, signatures: signed.length };
}

/** A clock that stands still until it is moved. */
export function aClock(start = '2026-01-02T03:04:05.000Z') {
  let at = Date.parse(start);
  return {
    now: () => new Date(at),
    pass: (seconds: number) => {
      at += seconds * 1000;
    },
  };
}

/** A gateway that may reach the receiver. */
export const appFor = (receiver: Receiver, options: AppOptions = {}): Promise<TestApp> =>
  startApp({ reach: createReach([receiver.host]), ...options });

/** Runs the gateway's jobs once. */
export async function runJobs(app: TestApp, signal = new AbortController().signal): Promise<void> {
  for (const job of app.gateway.jobs) if (job.name === 'restarts') await job.run(signal);
}

/** A project with one unrestricted group and so many services that inherit it; gives the group's id. */
export async function aFleet(app: TestApp, count: number, project = 'Default Project'): Promise<string> {
  await aProject(app, project);
  const slug = project.toLowerCase().replaceAll(' ', '-');
  for (let i = 1; i <= count; i += 1) {
    await done(app, PUT_SERVICE, aServiceInput({ project: slug, id: `s-${i}`, name: `Service ${i}` }));
  }
  const input = aGroupInput({ project: slug, secretType: 'ENVIRONMENT', variables: [{ name: 'A', value: '1' }] });
  return (await done(app, groupOp('createSecretGroup'), input)).secretGroup.id;
}

export const setA = (app: TestApp, id: string, value: string) =>
  done(app, groupOp('setSecretGroupVariable', 'id'), { id, name: 'A', value });

export const putWebhook = (app: TestApp, receiver: Pick<Receiver, 'url'>, over: object = {}) =>
  done(app, PUT_WEBHOOK, { project: 'default-project', url: `${receiver.url}/deploy`, ...over });

/** All requests of a project, oldest first. */
export async function requestsOf(app: TestApp, project = 'default-project', token?: string) {
  const query = `{ project(slug: "${project}") { restartRequests(first: 100) { nodes { ${REQUEST_FIELDS} } } } }`;
  const { data, errors } = await app.gql(query, {}, token ?? app.owner);
  if (errors) throw new Error(JSON.stringify(errors));
  return [...data.project.restartRequests.nodes].reverse();
}
