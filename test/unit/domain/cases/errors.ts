import type { Case } from './case.ts';

const variables = (texts: Readonly<Record<string, string>>) => ({ g: { variables: texts } });

/** Cycles, and what counts as secret. */
export const ERRORS: readonly Case[] = [
  {
    title: 'case 93: a key that refers to itself',
    groups: variables({ A: 'x${A}', B: 'b' }),
    expect: { variables: { B: 'b' }, errors: { A: 'CYCLE A > A' } },
  },
  {
    title: 'case 93: two that refer to each other',
    groups: variables({ A: '${B}', B: '${A}' }),
    expect: { errors: { A: 'CYCLE A > B > A', B: 'CYCLE B > A > B' } },
  },
  {
    title: 'case 93: three, and one that draws on them',
    groups: variables({ A: '${B}', B: '${C}', C: '${A}', D: '${OK} ${B}', OK: 'ok', E: '${OK}' }),
    expect: {
      variables: { OK: 'ok', E: 'ok' },
      errors: {
        A: 'CYCLE A > B > C > A',
        B: 'CYCLE B > C > A > B',
        C: 'CYCLE C > A > B > C',
        D: 'CYCLE D > B > C > A > B',
      },
    },
  },
  {
    title: 'the path follows the first reference that leads to a cycle',
    groups: variables({ A: '${OK}${C}${B}', B: '${B}', C: '${C}', OK: 'ok' }),
    expect: { variables: { OK: 'ok' }, errors: { A: 'CYCLE A > C > C', B: 'CYCLE B > B', C: 'CYCLE C > C' } },
  },
  {
    title: 'an escaped reference makes no cycle',
    groups: variables({ A: '$${A}', B: '${A}' }),
    expect: { variables: { A: '${A}', B: '${A}' } },
  },
  {
    title: 'a direct value breaks the cycle of groups',
    workload: { variables: { B: 'mine' } },
    groups: variables({ A: '${B}', B: '${A}' }),
    expect: { variables: { A: 'mine', B: 'mine' } },
  },
  {
    title: 'a shadowed cycle is none',
    groups: { low: { priority: 1, variables: { A: '${A}' } }, top: { priority: 2, variables: { A: 'a' } } },
    expect: { variables: { A: 'a' } },
  },
  {
    title: 'an addon`s value that looks like a reference makes no cycle',
    addons: { 'addon/x': { K: '${A}' } },
    groups: { g: { variables: { A: '${X_K}' }, links: [{ to: 'addon/x', keys: { K: [] } }] } },
    expect: { variables: { A: '${A}', X_K: '${A}' } },
  },
  {
    title: 'an unknown name in a key in error is still listed',
    groups: variables({ A: '${NO}${A}' }),
    expect: { errors: { A: 'CYCLE A > A' }, unresolved: ['A: ${NO} UNKNOWN_VARIABLE'] },
  },
  {
    title: 'a file that draws on a cycle is in error, its path first',
    groups: { g: { variables: { A: '${B}', B: '${A}' }, files: { '/f': '${A}', '/ok': 'ok' } } },
    expect: {
      files: { '/ok': 'ok' },
      errors: { A: 'CYCLE A > B > A', B: 'CYCLE B > A > B' },
      fileErrors: { '/f': 'CYCLE /f > A > B > A' },
    },
  },
  {
    title: 'case 97: a config template that draws in a secret is secret',
    groups: {
      c: { variables: { URL: '${P}@h', FAR: '<${URL}>', H: 'h' } },
      s: { type: 'secret', variables: { P: 'p' } },
    },
    expect: { variables: { URL: 'p@h', FAR: '<p@h>', H: 'h', P: 'p' }, secrets: ['FAR', 'P', 'URL'] },
  },
  {
    title: 'case 97: also by way of a key in error',
    groups: { c: { variables: { A: '${B}', B: '${B}${P}' } }, s: { type: 'secret', variables: { P: 'p' } } },
    expect: { variables: { P: 'p' }, errors: { A: 'CYCLE A > B > B', B: 'CYCLE B > B' }, secrets: ['A', 'B', 'P'] },
  },
  {
    title: 'case 97: a global secret of type secret',
    globals: { s: { type: 'secret', values: { v: 'p' } }, c: { values: { v: 'plain' } } },
    groups: variables({ A: '${secrets.s.values.v}', B: '${secrets.c.values.v}', C: '${secrets.s.values.none}' }),
    expect: {
      variables: { A: 'p', B: 'plain', C: '${secrets.s.values.none}' },
      secrets: ['A'],
      unresolved: ['C: ${secrets.s.values.none} UNKNOWN_PATH'],
    },
  },
  {
    title: 'case 97: a shadowed secret draws nothing in',
    groups: {
      a: { priority: 2, variables: { P: 'plain', A: '${P}' } },
      s: { type: 'secret', priority: 1, variables: { P: 'p' } },
    },
    expect: { variables: { P: 'plain', A: 'plain' }, secrets: [], warnings: ['SHADOWED_SECRET P a s'] },
  },
];
