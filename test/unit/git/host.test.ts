import { afterAll, expect, it } from 'vitest';
import { git, gitHost } from '../../support/git-host.ts';

const host = await gitHost();
afterAll(() => host.close());

it('the host of the tests writes what git would', () => {
  const { dir, push } = host.repository('own');
  push({ 'b/c.txt': 'x', 'b.txt': 'y', 'b-c': 'z', 'b/d/é': 'é', gone: '' });
  const second = push({ 'b/d/f': Buffer.from([0, 255]), gone: null });
  expect(git(dir, ['fsck', '--strict', '--full'])).toBe('');
  expect(git(dir, ['rev-list', '--count', 'main'])).toBe('2');
  expect(git(dir, ['rev-parse', 'main'])).toBe(second);
  expect(second).toMatch(/^[0-9a-f]{40}$/);
});

it('and goes on with git itself once the work tree is used', () => {
  const repository = host.repository('open');
  const first = repository.push({ 'b/c.txt': 'x', 'b.txt': 'y', 'b-c': 'z', 'b/d/é': 'é' });
  const { work, dir } = repository;
  const written = git(dir, ['rev-parse', 'main^{tree}']);
  git(work, ['rm', '--quiet', '--cached', '-r', '.']);
  git(work, ['add', '--all']);
  expect(git(work, ['write-tree'])).toBe(written);
  const second = repository.push({ 'b.txt': 'changed' });
  expect(git(dir, ['rev-parse', 'main', 'main^'])).toBe(`${second}\n${first}`);
});
