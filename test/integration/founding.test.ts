import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccess } from '../../src/access/service.ts';
import { limitsWith } from '../../src/app/limits.ts';
import { NAMED } from '../../src/app/slices.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createMacHolder } from '../../src/keys/mac-holder.ts';
import { openKeys } from '../../src/keys/open-keys.ts';
import { createVault } from '../../src/vault/vault.ts';
import { type EditableStore, editableStore } from '../support/editable-store.ts';
import { aGroupInput, aProject, done, groupOp } from '../support/makers.ts';
import { BUILT_IN_ROLES } from '../support/nouns.ts';
import { ROOT_KEY, startApp, type TestApp } from '../support/start-app.ts';

/** Nothing is founded over remains of something older: it would hand an owner's token to whoever erased the team. */
let edit: EditableStore;
let app: TestApp;
beforeEach(async () => {
  edit = editableStore();
  app = await startApp({ open: edit.open });
  await aProject(app);
  for (const name of ['one', 'one']) {
    await done(
      app,
      groupOp('putSecretGroup', 'id'),
      aGroupInput({ name, variables: [{ name: 'A', value: 'canary' }] }),
    );
  }
  await done(app, groupOp('putSecretGroup', 'id'), aGroupInput({ name: 'one', priority: 20 }));
  await app.close();
});
afterEach(() => app.close());

/** What a start over what is there comes to. */
async function started(): Promise<string> {
  const before = edit.places();
  try {
    const next = await startApp({ open: edit.open });
    await next.close();
    return `started${next.owner === '' ? '' : ', with a new owner'}`;
  } catch (error) {
    expect(edit.places()).toEqual(before);
    return String((error as Error).message);
  }
}

const REFUSED =
  'The store holds data, but not the team default: restore the store from a backup, or begin with an empty one';
const partsOf = (place: string): readonly string[] => place.split('\0');
/** What is about no team: the installation, and the root, which knows of teams. */
const ofInstance = (place: string): boolean => place.includes('~instance') || place.includes('~root');
/** A document, revision, head or commit of the team itself, not of a project. */
const ofTeam = (place: string): boolean => {
  if (ofInstance(place)) return false;
  if (/^[ci]/.test(place)) return true;
  if (/^[hbs]/.test(place)) return place === 'hdefault\0' || place.slice(1).startsWith('default\0\0');
  return partsOf(place).filter((part) => part !== '').length <= 3;
};

describe('a start', () => {
  it('founds once, and goes on with what is there', async () => {
    expect(await started()).toBe('started');
    await edit.erase(() => true);
    expect(await started()).toBe('started, with a new owner');
  });

  it('refuses where nothing at all is left of the team, because the root knows of it', async () => {
    await edit.erase((place) => !ofInstance(place));
    expect(await started()).toBe(REFUSED);
    await edit.erase((place) => place.includes('~root'));
    expect(await started()).toMatch(/integrity check: the head of ~instance/);
  });

  it('refuses projects without their team', async () => {
    await edit.erase(ofTeam);
    expect(edit.places().some((place) => place.startsWith('hdefault\0default-project\0'))).toBe(true);
    expect(await started()).toBe(REFUSED);
  });

  it.each([
    ['a head', (place: string) => place.startsWith('hdefault\0default-project\0')],
    ['commits', (place: string) => place.startsWith('cdefault\0')],
    ['a document', (place: string) => place.startsWith('dsecretGroup\0')],
    ['a document of the team', (place: string) => place.startsWith('drole\0') || place.startsWith('dtoken\0')],
    ['history', (place: string) => place.startsWith('rsecretGroup\0')],
    ['keys', (place: string) => place.startsWith('ddek\0default\0')],
  ])('refuses where nothing is left of the team but %s', async (_what, isKept) => {
    await edit.erase((place) => !ofInstance(place) && !isKept(place));
    expect(edit.places().some(isKept)).toBe(true);
    expect(await started()).toBe(REFUSED);
  });

  it.each([
    ['a head', (place: string) => place === 'hdefault\0'],
    ['a commit', (place: string) => place.startsWith('cdefault\0')],
    ['a document', (place: string) => place.startsWith('dproject\0')],
  ])('refuses where nothing is left of the installation but %s', async (_what, isKept) => {
    await edit.erase((place) => !isKept(place));
    expect(edit.places().some(isKept)).toBe(true);
    expect(await started()).toMatch(/^The store holds data, but not the document of the installation: restore /);
  });
});

it('no owner is made offline where the team is gone', async () => {
  const offline = async (): Promise<string> => {
    const holder = createMacHolder();
    const store = edit.open(holder);
    const keys = await openKeys({ store, holder, rootKey: ROOT_KEY, clock: systemClock, initialise: false });
    const vault = createVault({ store, keys, clock: systemClock, log: silentLog, cacheBytes: 0 });
    const access = createAccess({
      store,
      vault,
      keys,
      clock: systemClock,
      limits: limitsWith(),
      builtIn: BUILT_IN_ROLES,
      named: NAMED,
    });
    return access.offlineOwner('default').then(
      () => 'made',
      (error: Error) => error.message,
    );
  };
  expect(await offline()).toBe('made');
  await edit.erase(ofTeam);
  const before = edit.places();
  expect(await offline()).toContain('integrity check: the head of default');
  expect(edit.places()).toEqual(before);
});
