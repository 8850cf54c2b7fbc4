import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject, aServiceInput, PUT_SERVICE, run } from '../support/makers.ts';
import { rest } from '../support/rest.ts';
import { hasServer } from '../support/servers/process.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const OWN = resolve(import.meta.dirname, '../../.cache/schemathesis/bin/schemathesis');
const SECONDS = 40;

let app: TestApp;
let folder = '';

/** Runs it to its end, and gives all that it printed. */
function explored(...options: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = spawn(OWN, ['run', `${app.url}/v1/openapi.json`, ...options], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', PYTHONUTF8: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  return new Promise((done) => child.on('close', (code) => done({ code, text })));
}

/** An independent reader of the description, which sends whatever it allows and whatever it does not. */
describe.skipIf(!hasServer('Schemathesis', OWN))('Schemathesis', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyloom-schemathesis-'));
    app = await startApp({ limits: { ratePoints: 0, wrongTokensPerAddress: 0 } });
    await aProject(app);
    await run(app, PUT_SERVICE, aServiceInput({ variables: [{ name: 'OWN', value: 'own' }] }));
    const body = { name: 'Example Secret', secretType: 'environment', priority: 1 };
    await rest(app, 'POST', '/projects/default-project/secrets', { body });
  });
  afterAll(async () => {
    await app?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds no fault of the gateway, and no answer outside the description', async () => {
    const checks = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';
    const { code, text } = await explored(
      ...['--header', `Authorization: Bearer ${app.owner}`, '--checks', `${checks},ignored_auth,unsupported_method`],
      ...['--exclude-path-regex', '/teams/', '--max-time', String(SECONDS), '--max-examples', '10'],
      ...['--seed', '1', '--generation-database', 'none'],
    );
    expect(text).toMatch(/Test cases:\n\s+\d{3,} generated/);
    expect([code, code === 0 ? '' : text.slice(text.indexOf('= FAILURES ='))]).toEqual([0, '']);
  });
});
