import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { type Environment, ownerToken, type Serving, stopped } from '../support/built.ts';
import { addProject, eachCheckpointed } from '../support/checkpointed.ts';
import { editableMongo } from '../support/editable-mongo.ts';
import { type Copy, changesBetween, keyAt } from '../support/editable-store.ts';

const url = inject('mongodbUrl');

const kept = eachCheckpointed(url);
const { env, seqIn } = kept;
const start = (over?: Environment): Promise<Serving> => kept.start(env(over));
async function said(code: number, ...args: readonly string[]): Promise<string> {
  const built = kept.spawn(env(), args);
  expect([await built.ended, built.output()]).toEqual([code, expect.anything()]);
  return built.output();
}
const refusal = () => said(1);
const isOfTeam = (place: string): boolean => keyAt(place).length < 3 && keyAt(place)[0] === 'default';

/** Puts back what is meant. */
async function putBack(old: Copy, isMeant: (place: string) => boolean = () => true): Promise<void> {
  const changes = [...changesBetween(await kept.mongo.copy(), old)].filter(([place]) => isMeant(place));
  await kept.mongo.apply(new Map(changes));
}

describe.skipIf(url === null)('case 260, on MongoDB', () => {
  it('a store, or its team alone, that is put back while nobody serves it is refused until that is accepted', async () => {
    const first = await start();
    const token = ownerToken(first) ?? '';
    await addProject(first, token, 'one');
    await stopped(first, 'SIGTERM');
    const old = await kept.mongo.copy();
    const before = seqIn();
    const second = await start();
    const seq = await addProject(second, token, 'two');
    await stopped(second, 'SIGTERM');
    expect(seqIn()).toBe(seq);
    const now = await kept.mongo.copy();

    for (const isMeant of [isOfTeam, () => true]) {
      await putBack(now);
      await putBack(old, isMeant);
      const words = await refusal();
      expect(words).toContain(`ends at commit ${before} of default, the checkpoint at ${seq}`);
      expect(words).toContain('keyloom checkpoint --accept');
    }
    const shown = await said(0, 'checkpoint');
    expect(shown).toMatch(new RegExp(`default: commit ${seq},[^]*Store:[^]*default: commit ${before},`));
    expect(seqIn()).toBe(seq);
    expect(await said(0, 'checkpoint', '--accept')).toContain('is now where the store is');
    const third = await start();
    // It goes on, as another store than the one that was put away.
    expect(await addProject(third, token, 'three')).toBe(seq);
    await stopped(third, 'SIGTERM');
    await putBack(now);
    expect(await refusal()).toContain(`commit ${seq} of default is another one`);
  });

  it('a team that is put back under a gateway, in the very second of its commit, is told and refused at the next start', async () => {
    const server = await start();
    const token = ownerToken(server) ?? '';
    await addProject(server, token, 'one');
    // The file has just been written: the next time is a second away.
    const wanted = await addProject(server, token, 'two');
    while (seqIn() < wanted) await sleep(5);
    const old = await kept.mongo.copy();
    const seq = await addProject(server, token, 'three');
    await putBack(old, isOfTeam);
    // At its next look, or when it stops.
    await stopped(server, 'SIGTERM');
    expect(server.output()).toContain('integrity_failure');
    expect(seqIn()).toBe(seq);
    expect(await refusal()).toContain(`ends at commit ${seq - 1} of default, the checkpoint at ${seq}`);
  });

  it('a store that is put back and goes on under a gateway, by another one, does not become the truth', async () => {
    const server = await start();
    const token = ownerToken(server) ?? '';
    const old = await kept.mongo.copy();
    const seq = await addProject(server, token, 'one');
    while (seqIn() < seq) await sleep(20);
    const whole = readFileSync(kept.file, 'utf8');
    await putBack(old);
    const elsewhere = join(kept.root, 'elsewhere.json');
    cpSync(kept.file, elsewhere);
    const accepting = kept.spawn(env({ KEYLOOM_CHECKPOINT_FILE: elsewhere }), ['checkpoint', '--accept']);
    expect(await accepting.ended).toBe(0);
    const other = await start({ KEYLOOM_CHECKPOINT_FILE: elsewhere });
    for (const name of ['two', 'three']) await addProject(other, token, name);
    await stopped(other, 'SIGTERM');
    await stopped(server, 'SIGTERM');
    expect(server.output()).toContain('integrity_failure');
    expect(readFileSync(kept.file, 'utf8')).toBe(whole);
  });

  it('a file that is absent, unreadable, damaged or of another installation is refused, and accepted by command alone', async () => {
    const first = await start();
    await stopped(first, 'SIGTERM');
    const whole = readFileSync(kept.file, 'utf8');
    const foreign = editableMongo(url ?? '');
    const theirs = join(kept.root, 'theirs.json');
    // The same root key, another installation.
    const elsewhere = { KEYLOOM_DATABASE: foreign.database, KEYLOOM_DATA: join(kept.root, 'other') };
    const other = await start({ ...elsewhere, KEYLOOM_CHECKPOINT_FILE: theirs });
    await stopped(other, 'SIGTERM');
    await foreign.dispose();
    for (const [text, words] of [
      [whole.slice(0, 20), 'is no checkpoint of Keyloom'],
      [
        whole.replace(/seq\\":(\d+)/, (_, seq) => `seq\\":${Number(seq) - 1}`),
        'was not written by this installation, or was edited',
      ],
      [readFileSync(theirs, 'utf8'), 'was not written by this installation, or was edited'],
    ] as const) {
      writeFileSync(kept.file, text);
      expect(await refusal()).toContain(words);
    }
    rmSync(kept.file);
    expect(await refusal()).toContain('is not there');
    mkdirSync(kept.file);
    expect(await refusal()).toContain('cannot be read (EISDIR)');
    rmSync(kept.file, { recursive: true });
    // The store is elsewhere: no volume is shared.
    expect(await said(0, 'checkpoint', '--accept')).not.toContain("store's own volume");
    await stopped(await start(), 'SIGTERM');
  });

  it('a database that was emptied is not founded anew', async () => {
    await stopped(await start(), 'SIGTERM');
    await kept.mongo.erase((place) => !place.startsWith('m'));
    expect(await refusal()).toContain('The store is empty, but the checkpoint file');
  });
});
