import { expect, it } from 'vitest';
import type { Doc } from '../../src/store/port.ts';
import { ENVIRONMENT } from '../support/makers.ts';
import { operationOf } from '../support/mutations.ts';
import { codeOf, tamperedApp } from '../support/tampered-app.ts';
import { freshApp } from '../support/whole-state.ts';

const PROJECT = 'default-project';
const key = (group: string) => ['default', PROJECT, group];
const set = (group: string) => ({
  input: { id: Buffer.from(`SecretGroup:${PROJECT}/${group}`).toString('base64'), name: 'A', value: 'x' },
});

it.each([
  ['tag', (doc: Doc, old: Doc): Doc => ({ ...doc, tag: old.tag })],
  ['leaf', (doc: Doc, old: Doc): Doc => ({ ...doc, leaf: old.leaf })],
  ['tag and leaf', (doc: Doc, old: Doc): Doc => ({ ...doc, tag: old.tag, leaf: old.leaf })],
] as const)('case 110: an edited %s does not let the next honest write sign for a roll-back', async (_what, forged) => {
  const { app, edit } = await tamperedApp();
  // It keeps what it has read, so it will not look at the stored tag again before it writes.
  const warm = await freshApp(app.store, app.owner, { cacheBytes: 1e8 });
  await codeOf(warm, ENVIRONMENT, { project: PROJECT, service: 'example-service' });
  const api = edit.read('secretGroup', key('api'));
  const old = edit.readRevision('secretGroup', key('web'), 1);
  await edit.write('secretGroup', key('api'), forged(api, old));
  await edit.write('secretGroup', key('web'), old);
  expect(await codeOf(warm, operationOf('setSecretGroupVariable'), set('api'))).toBe('INTEGRITY');
  const fresh = await freshApp(app.store, app.owner);
  expect(await codeOf(fresh, ENVIRONMENT, { project: PROJECT, service: 'example-service' })).toBe('INTEGRITY');
});
