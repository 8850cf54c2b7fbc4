import { conflict } from '../kernel/errors.ts';
import type { Change } from './change.ts';

/** Changes and what was decided on top of them, as the changes of one commit: one for each document. */
export function joined(earlier: readonly Change[], later: readonly Change[]): readonly Change[] {
  const all = new Map<string, Change>();
  for (const change of [...earlier, ...later]) {
    const name = nameOf(change);
    const before = all.get(name);
    all.set(name, before ? bothOf(before, change) : change);
  }
  return [...all.values()];
}

function nameOf(change: Change): string {
  const { kind, key } = change.op === 'raw' ? change.write : change;
  return [kind, ...key].join('\0');
}

/** The store knows the document as it was before the first. */
function bothOf(first: Change, second: Change): Change {
  // What was decided on it as it will be holds by itself.
  if (second.op === 'check') return first;
  if (first.op === 'check') return second;
  if (first.op === 'put' && second.op === 'put') {
    const { replaces: _unsealed, ...rest } = second;
    return { ...rest, expected: first.expected, ...(first.replaces ? { replaces: first.replaces } : {}) };
  }
  if (first.op === 'put' && second.op === 'remove') {
    const { kind, key } = first;
    return first.expected === null
      ? { op: 'check', kind, key, expected: null }
      : { op: 'remove', kind, key, expected: first.expected };
  }
  throw conflict('WRONG_STATE', 'What is erased for good in a set of changes cannot be written again in it');
}
