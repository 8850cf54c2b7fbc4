import { expect, it } from 'vitest';
import type { Write } from '../../../src/store/port.ts';
import { relieves } from '../../../src/store/relief.ts';
import { aCommit, aPut } from '../../support/a-commit.ts';

const key = ['acme', 'p', 'a'];
const remove: Write = { op: 'remove', kind: 'secretGroup', key, expected: 1 };
const purge: Write = { op: 'purge', kind: 'secretGroup', key, before: 3 };
const of = (kind: Write['kind'], expected: number | null, deleted = false): Write =>
  ({ ...aPut(key, expected), kind, deleted }) as Write;

it.each<[string, boolean, readonly Write[]]>([
  ['what removes and purges', true, [remove, purge]],
  ['what marks as deleted', true, [of('secretGroup', 2, true)]],
  ['a changed token, role or key', true, [of('token', 1), of('role', 4), of('dek', 2)]],
  ['a new token', false, [of('token', null)]],
  ['a changed group', false, [of('secretGroup', 1)]],
  ['a removal with a growth beside it', false, [remove, of('appSecret', null)]],
])('%s: %s', (_what, relief, writes) => {
  expect(relieves(aCommit(writes))).toBe(relief);
});
