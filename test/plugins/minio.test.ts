import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpStub, httpStub } from '../support/http-stub.ts';
import { codeOf, type StartedPlugin, startPlugin } from '../support/plugin-host.ts';
import { hasMoto, type Moto, startMoto } from '../support/servers/moto.ts';
import { START_MS } from '../support/servers/process.ts';

describe.skipIf(!hasMoto())('MinIO, against an S3 server that looks at signatures', () => {
  let server: Moto;
  let plugin: StartedPlugin;
  const given = (over: object = {}) =>
    plugin.params({ host: '127.0.0.1', port: server.port, bucket: 'my-bucket', ...server.allowed, ...over });
  const check = (params: object) => codeOf(plugin.check({ params }));

  beforeAll(async () => {
    plugin = await startPlugin('minio');
    server = await startMoto('my-bucket');
  }, START_MS);
  afterAll(() => server?.stop());

  it('check asks for the bucket, or for all of them', async () => {
    expect(await check(given())).toBe('none');
    expect(await check(given({ bucket: undefined }))).toBe('none');
  });

  it('is content with keys that are right, whatever they may do', async () => {
    expect(await check(given(server.idle))).toBe('none');
  });

  it.each([
    ['a wrong secret key', { secretKey: 'hunter2canary' }, 'CREDENTIALS'],
    ['an access key that is not there', { accessKey: 'HUNTER2CANARY' }, 'CREDENTIALS'],
    ['a bucket that is not there', { bucket: 'hunter2canary' }, 'FAILED'],
    ['a port where nobody listens', { port: 1 }, 'UNREACHABLE'],
    ['TLS where there is none', { tls: true }, 'TLS'],
  ])('check refuses %s', async (_what, over, code) => {
    expect(await check(given(over))).toBe(code);
  });
});

describe('MinIO', () => {
  let stub: HttpStub;
  beforeAll(async () => {
    stub = await httpStub((_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    });
  });
  afterAll(() => stub.close());

  it('is not sent elsewhere', async () => {
    const plugin = await startPlugin('minio');
    const port = Number(new URL(stub.url).port);
    const params = plugin.params({ host: '127.0.0.1', port, accessKey: 'access', secretKey: 'hunter2canary' });
    expect(await codeOf(plugin.check({ params }))).toBe('REFUSED');
  });
});
