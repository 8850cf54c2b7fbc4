import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULTS } from '../stress/planted/faults.ts';

// The faults are tried by the stress tests; that each can still be planted is known at once.
it.each(FAULTS)('the check that is left out where $name stands once in src/$file', ({ file, find }) => {
  expect(readFileSync(`src/${file}`, 'utf8').split(find)).toHaveLength(2);
});
