import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { ask, ownerToken, type Serving, stopped } from '../support/built.ts';
import { addProject, eachCheckpointed } from '../support/checkpointed.ts';
import { type Copy, changesBetween } from '../support/editable-store.ts';

/** On MongoDB the root over all heads is written half a second after a commit: what a process leaves behind that dies before. */

const url = inject('mongodbUrl');
const CYCLES = 12;
const BEHIND_MS = 500;
/** Of tries to end a process after its checkpoint was written, and before the root was. */
const TRIES = 25;
const ROOT_AT = 'h~root\0';

const kept = eachCheckpointed(url);
const { start, seqIn } = kept;
const isSameRoot = (a: Copy, b: Copy): boolean =>
  Buffer.compare(a.get(ROOT_AT) ?? Buffer.alloc(0), b.get(ROOT_AT) ?? Buffer.alloc(1)) === 0;

/** The store once the root has caught up. */
async function settled(): Promise<Copy> {
  for (let before = await kept.mongo.copy(); ; ) {
    await sleep(3 * BEHIND_MS);
    const now = await kept.mongo.copy();
    if (isSameRoot(before, now)) return now;
    before = now;
  }
}

async function projectsOf(server: Serving, token: string): Promise<readonly string[]> {
  const { data, errors } = await ask(server.url, token, '{ projects(first: 100) { nodes { name } } }');
  expect(errors).toBeUndefined();
  return data.projects.nodes.map(({ name }: { name: string }) => name);
}

describe.skipIf(url === null)('a root that is written behind', () => {
  it(`that a process never wrote, because it was killed: the next start serves all that was acknowledged, ${CYCLES} times`, async () => {
    const names: string[] = [];
    let token = '';
    let behind = 0;
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const server = await start();
      token ||= ownerToken(server) ?? '';
      expect(await projectsOf(server, token)).toEqual([...names].sort());
      const before = await settled();
      for (const part of ['a', 'b']) {
        const name = `project-${String(cycle).padStart(2, '0')}-${part}`;
        await addProject(server, token, name);
        names.push(name);
      }
      await sleep((cycle / CYCLES) * BEHIND_MS);
      await stopped(server, 'SIGKILL');
      behind += isSameRoot(before, await kept.mongo.copy()) ? 1 : 0;
      expect(server.output()).not.toContain('integrity_failure');
    }
    const last = await start();
    expect(await projectsOf(last, token)).toEqual([...names].sort());
    // A read that finds it behind brings it up.
    await settled();
    expect(await stopped(last, 'SIGTERM')).toBe(0);
    expect(last.output()).not.toContain('integrity_failure');
    expect(behind).toBeGreaterThan(0);
  });

  it('and a store that is put back to before it: nothing in it tells, and the checkpoint file refuses', async () => {
    let server = await start();
    const token = ownerToken(server) ?? '';
    for (let i = 0; i < TRIES; i += 1) {
      const old = await settled();
      const written = seqIn();
      // The file is written once a second: just before that, so that the root is not.
      await addProject(server, token, `mark-${i}`);
      while (seqIn() === written) await sleep(2);
      const marked = await settled();
      await sleep(250);
      const seq = await addProject(server, token, `wanted-${i}`);
      while (seqIn() < seq) await sleep(2);
      await stopped(server, 'SIGKILL');
      const now = await kept.mongo.copy();
      if (!isSameRoot(marked, now)) {
        server = await start();
        continue;
      }
      expect(isSameRoot(old, now)).toBe(false);
      await kept.mongo.apply(changesBetween(now, marked));
      const refused = kept.spawn();
      expect(await refused.ended).toBe(1);
      expect(refused.output()).toContain(`ends at commit ${seq - 1} of default, the checkpoint at ${seq}`);
      // Without the file it is a store like any other: the root never knew better.
      const trusting = await start(kept.unchecked());
      expect(await projectsOf(trusting, token)).not.toContain(`wanted-${i}`);
      return;
    }
    throw new Error('no process was killed between its checkpoint and the root');
  });
});
