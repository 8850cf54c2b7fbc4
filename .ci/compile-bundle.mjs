// Starts the gateway once, in a folder that it removes, and keeps the functions that the engine compiled for it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const data = mkdtempSync(join(tmpdir(), 'keyloom-build-'));
for (const name of Object.keys(process.env)) if (/^(KEYLOOM|MONGODB)_/.test(name)) delete process.env[name];
Object.assign(process.env, {
  KEYLOOM_DEVELOPMENT: 'true',
  KEYLOOM_DATA: data,
  KEYLOOM_HOST: '127.0.0.1',
  KEYLOOM_PORT: '0',
});
process.on('exit', () => rmSync(data, { recursive: true, force: true }));

const { script, serve } = await import('../dist/bundle/serve.js');
await serve();
writeFileSync(new URL('../dist/bundle/gateway.cache', import.meta.url), script.createCachedData());
process.kill(process.pid, 'SIGTERM');
