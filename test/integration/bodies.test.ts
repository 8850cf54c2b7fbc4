import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let dependent: string;
const MiB = 1_048_576;
beforeAll(async () => {
  app = await startApp();
  await app.gql('mutation { createProject(input: { name: "Default Project" }) { __typename } }');
  await app.gql(
    'mutation { putService(input: { project: "default-project", id: "s", name: "Service" }) { __typename } }',
  );
  const workload = { project: 'default-project', kind: 'SERVICE', id: 's' };
  dependent = await app.token('dependent', { kind: 'DEPENDENT', workload });
});
afterAll(() => app.close());

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: string | undefined;
  /** Bytes that the server had taken when it answered. */
  readonly sent: number;
}

/**
 * Sends a body in pieces, for as long as there is no answer. A client that is too slow to read it finds its connection closed, and
 * asks again.
 */
function send(token: string, body: Buffer, isChunked: boolean, tries = 3): Promise<Refused> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = false;
    const sending = request(`${app.url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        ...(isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length }),
      },
    });
    sending.on('error', (error: NodeJS.ErrnoException) => {
      if (answered) return;
      const isLate = error.code === 'EPIPE' || error.code === 'ECONNRESET';
      if (isLate && tries > 1) resolve(send(token, body, isChunked, tries - 1));
      else reject(error);
    });
    sending.on('response', (response) => {
      answered = true;
      void read(response);
    });
    const read = async (response: IncomingMessage): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const { errors } = JSON.parse(Buffer.concat(chunks).toString()) as {
        errors?: { extensions: { code: string } }[];
      };
      const retryAfter = response.headers['retry-after'];
      resolve({ status: response.statusCode ?? 0, code: errors?.[0]?.extensions.code ?? 'OK', retryAfter, sent });
      sending.destroy();
    };
    const more = (): void => {
      while (!answered && sent < body.length) {
        const piece = body.subarray(sent, sent + 65_536);
        sent += piece.length;
        if (!sending.write(piece)) return void sending.once('drain', more);
      }
      if (!answered) sending.end();
    };
    more();
  });
}

const escapes = (size: number, query = '{ viewer { id } }'): Buffer =>
  Buffer.from(`{"query":${JSON.stringify(query)},"variables":{"a":"${'\\u0041'.repeat(size / 6)}"}}`);
const CREATE = 'mutation ($input: CreateGlobalSecretInput!) { createGlobalSecret(input: $input) { __typename } }';

describe('bodies of 11.9 MB of escapes', () => {
  const body = escapes(11_900_000);

  it.each([false, true])('case 238: 60 from a dependent are refused at 1 MiB (counted: %s)', async (isChunked) => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => send(dependent, body, isChunked)));
    for (const { status, code } of answers) expect([status, code]).toEqual([413, 'TOO_LARGE']);
    // What the kernel holds between both sides is beyond the gateway.
    for (const { sent } of answers) expect(sent).toBeLessThan(8 * MiB);
  });

  it('case 238: from one who may write files, anything but an operation with files is refused unparsed', async () => {
    expect(await send(app.owner, body, false)).toMatchObject({ status: 413, code: 'TOO_LARGE' });
    // What is wrong with the variables is not looked at.
    const broken = Buffer.from(`{"query":"{ viewer { id } }","variables":{"a":"${'\\u00zz'.repeat(400_000)}"}}`);
    expect(await send(app.owner, broken, false)).toMatchObject({ status: 413 });
    const withFiles = escapes(6_000_000, CREATE);
    expect(await send(app.owner, withFiles, true)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  it('case 238: 60 at once from one token find no room, and are told to come again', async () => {
    const withFiles = escapes(11_900_000, CREATE);
    const answers = await Promise.all(Array.from({ length: 60 }, () => send(app.owner, withFiles, false)));
    const refused = answers.filter(({ code }) => code === 'RATE_LIMITED');
    expect(refused.length).toBeGreaterThan(20);
    for (const { status, retryAfter } of refused) expect([status, retryAfter]).toEqual([429, '1']);
    // Their room comes back, whatever became of them.
    expect(await send(app.owner, withFiles, false)).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('room taken by a body that breaks off comes back', async () => {
    const head = {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${app.owner}`,
        'content-length': 11_900_000,
      },
    };
    for (let i = 0; i < 5; i += 1) {
      const broken = request(`${app.url}/graphql`, head);
      broken.on('error', () => {});
      broken.write('{"query":"');
      await new Promise((resolve) => setTimeout(resolve, 20));
      broken.destroy();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await send(app.owner, escapes(11_900_000, CREATE), false)).toMatchObject({ code: 'BAD_REQUEST' });
  });
});
