import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aFollower, type GitApp, gitApp, gitOp, gitopsInput, readGlobal } from '../support/git-app.ts';
import { git, type Repository } from '../support/git-host.ts';
import { done, refusals } from '../support/makers.ts';

const dir = mkdtempSync(join(tmpdir(), 'keyloom-signers-'));
let app: GitApp;
beforeAll(async () => {
  app = await gitApp();
});
afterAll(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A new key: where it lies, and its public line. */
function aKey(name: string, args: readonly string[] = ['-t', 'ed25519']) {
  const file = join(dir, name);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', name, '-f', file, ...args], { stdio: 'pipe' });
  return { file, line: readFileSync(`${file}.pub`, 'utf8').trim() };
}

describe('case 179: with signers', () => {
  const alice = aKey('alice');
  const bob = aKey('bob', ['-t', 'rsa', '-b', '2048']);
  const eve = aKey('eve');
  let repository: Repository;
  let slug: string;
  let id: string;
  let count = 0;

  /** Signed from here on; null: no more. */
  const signWith = (key: { readonly file: string } | null): void => {
    git(repository.work, ['config', 'gpg.format', 'ssh']);
    git(repository.work, ['config', 'commit.gpgsign', String(key !== null)]);
    git(repository.work, ['config', 'user.signingkey', key?.file ?? '']);
  };
  const sync = async () => {
    await done(app, gitOp('syncGlobalSecret'), { id });
    const { values, gitops } = await readGlobal(app, slug);
    return [values.n, gitops.status.state, gitops.status.reason];
  };
  const push = (n: number): string => repository.push({ 'config/app.json': JSON.stringify({ n }) });

  beforeEach(async () => {
    count += 1;
    repository = app.host.repository(`signed-${count}`);
    signWith(alice);
    push(0);
    const signers = [alice.line, bob.line];
    const global = await aFollower(app, `Signed ${count}`, gitopsInput(repository.url, { signers }));
    expect([global.values, global.gitops.signers]).toEqual([{ n: 0 }, signers]);
    ({ slug, id } = global);
  });

  it('a commit that nobody signed, or somebody else, is not taken, and the last good state stays', async () => {
    for (const [n, key] of [
      [1, null],
      [2, eve],
    ] as const) {
      signWith(key);
      const commit = push(n);
      expect(await sync()).toEqual([0, 'INVALID', 'COMMIT_NOT_SIGNED']);
      expect((await readGlobal(app, slug)).gitops.status.commit).not.toBe(commit);
    }
    signWith(bob);
    push(3);
    expect(await sync()).toEqual([3, 'SYNCED', null]);
  });

  it('a signature of another commit does not count', async () => {
    const good = git(repository.work, ['cat-file', 'commit', 'HEAD']);
    signWith(null);
    const bad = git(repository.work, ['rev-parse', `${push(1)}^{tree}`]);
    const bent = [
      good.replace(/^tree .*/, `tree ${bad}`),
      good.replace('a change', 'another change'),
      good.replace(/^author .*$/m, 'author Mallory <m@example.com> 1700000000 +0000'),
      // One signature too many.
      good.replace(/^(gpgsig [\s\S]*?-----END SSH SIGNATURE-----\n)/m, '$1$1'),
    ];
    for (const content of bent) {
      expect(content).not.toBe(good);
      const commit = git(
        repository.work,
        ['hash-object', '-t', 'commit', '-w', '--literally', '--stdin'],
        `${content}\n`,
      );
      git(repository.work, ['push', '--quiet', '--force', 'origin', `${commit}:refs/heads/main`]);
      expect(await sync()).toEqual([0, 'INVALID', 'COMMIT_NOT_SIGNED']);
    }
    const same = git(repository.work, ['hash-object', '-t', 'commit', '-w', '--stdin'], `${good}\n`);
    git(repository.work, ['push', '--quiet', '--force', 'origin', `${same}:refs/heads/main`]);
    expect(await sync()).toEqual([0, 'SYNCED', null]);
  });

  it('a merge counts as it is signed itself', async () => {
    git(repository.work, ['checkout', '--quiet', '-b', 'side']);
    signWith(null);
    push(1);
    git(repository.work, ['checkout', '--quiet', 'main']);
    signWith(alice);
    git(repository.work, ['merge', '--quiet', '--no-ff', '-S', '--message', 'merge', 'side']);
    git(repository.work, ['push', '--quiet', '--force', 'origin', 'main']);
    expect(await sync()).toEqual([1, 'SYNCED', null]);
  });

  it('other settings are looked at with the new signers', async () => {
    const update = async (signers: readonly string[]) =>
      (await done(app, gitOp('updateGlobalSecret'), { id, gitops: gitopsInput(repository.url, { signers }) }))
        .globalSecret.gitops.status;
    expect(await update([eve.line])).toMatchObject({ state: 'INVALID', reason: 'COMMIT_NOT_SIGNED' });
    expect(await update([])).toMatchObject({ state: 'SYNCED', reason: null });
  });
});

it('signers are keys, each once, and not too many', async () => {
  const { line } = aKey('one');
  const refused = async (signers: readonly string[]): Promise<readonly string[]> => {
    const input = { name: 'Bad Signers', type: 'SECRET', gitops: gitopsInput(`${app.host.url}/a/b`, { signers }) };
    return refusals(app, gitOp('createGlobalSecret'), input);
  };
  expect(await refused([line, 'me@example.com', ''])).toEqual(['gitops.signers.1 key', 'gitops.signers.2 key']);
  expect(await refused([line, `${line} again`])).toEqual(['gitops.signers.1 unique']);
  expect(await refused(Array.from({ length: 21 }, () => line))).toContain('gitops.signers max');
});
