import type { Case } from './case.ts';

const DB = { 'addon/example-addon': { USERNAME: 'ada', PASSWORD: { secret: 'pw' }, BROKEN: { fails: 'TIMEOUT' } } };
const to = 'addon/example-addon';

/** Keys of linked addons. */
export const LINKS: readonly Case[] = [
  {
    title: 'without an alias: the default key',
    addons: DB,
    groups: { g: { links: [{ to, keys: { USERNAME: [] } }] } },
    expect: {
      variables: { EXAMPLE_ADDON_USERNAME: 'ada' },
      sources: { EXAMPLE_ADDON_USERNAME: 'g addon/example-addon/USERNAME' },
    },
  },
  {
    title: 'with aliases: only the aliases',
    addons: DB,
    groups: { g: { links: [{ to, keys: { USERNAME: ['USER', 'DB.USER'] } }] } },
    expect: { variables: { USER: 'ada', 'DB.USER': 'ada' } },
  },
  {
    title: 'addon keys say for themselves whether they are sensitive',
    addons: DB,
    groups: { g: { type: 'secret', links: [{ to, keys: { USERNAME: ['U'], PASSWORD: ['P'] } }] } },
    expect: { variables: { U: 'ada', P: 'pw' }, secrets: ['P'] },
  },
  {
    title: 'case 56: the group`s own variable over its linked key',
    addons: DB,
    groups: { g: { variables: { USER: 'own' }, links: [{ to, keys: { USERNAME: ['USER'] } }] } },
    expect: { variables: { USER: 'own' }, sources: { USER: 'g' } },
  },
  {
    title: 'case 56: of two links of one group the first by addon kind, addon and key has the name',
    addons: { 'addon/b': { K: 'b' }, 'addon/a': { Z: 'a' }, 'external-addon/a': { A: 'external' } },
    groups: {
      g: {
        links: [
          { to: 'external-addon/a', keys: { A: ['N'] } },
          { to: 'addon/b', keys: { K: ['N'] } },
          { to: 'addon/a', keys: { Z: ['N'] } },
        ],
      },
    },
    expect: { variables: { N: 'a' }, warnings: ['LINKED_TWICE N g'] },
  },
  {
    title: 'case 56: of two keys of one link the first by name has it',
    addons: DB,
    groups: { g: { links: [{ to, keys: { USERNAME: ['N'], PASSWORD: ['N'] } }] } },
    expect: { variables: { N: 'pw' }, warnings: ['LINKED_TWICE N g'] },
  },
  {
    title: 'linked keys merge by the priority of their group',
    addons: DB,
    groups: {
      low: { priority: 1, links: [{ to, keys: { USERNAME: ['USER'] } }] },
      top: { priority: 2, variables: { USER: 'top' } },
    },
    expect: { variables: { USER: 'top' } },
  },
  {
    title: 'case 101: a config variable over a sensitive key of a lower group',
    addons: DB,
    groups: {
      low: { priority: 1, links: [{ to, keys: { PASSWORD: ['P'] } }] },
      top: { priority: 2, variables: { P: 'plain' } },
    },
    expect: { variables: { P: 'plain' }, warnings: ['SHADOWED_SECRET P low top'] },
  },
  {
    title: 'a link to an addon that does not exist',
    groups: { g: { variables: { A: 'a' }, links: [{ to, keys: { USERNAME: ['USER'] } }] } },
    expect: { variables: { A: 'a' }, unresolved: ['USER: addon/example-addon/USERNAME ADDON_NOT_FOUND'] },
  },
  {
    title: 'case 194: a key that the addon does not have',
    addons: DB,
    groups: { g: { links: [{ to, keys: { GONE: [] } }] } },
    expect: { unresolved: ['EXAMPLE_ADDON_GONE: addon/example-addon/GONE KEY_NOT_FOUND'] },
  },
  {
    title: 'case 183: a key that fails does not fail the others',
    addons: DB,
    groups: { g: { links: [{ to, keys: { BROKEN: ['B'], USERNAME: ['U'] } }] } },
    expect: { variables: { U: 'ada' }, unresolved: ['B: addon/example-addon/BROKEN TIMEOUT'] },
  },
  {
    title: 'a failing link does not fall through to a lower group',
    addons: DB,
    groups: {
      top: { priority: 2, links: [{ to, keys: { BROKEN: ['B'] } }] },
      low: { priority: 1, variables: { B: 'stale' } },
    },
    expect: { unresolved: ['B: addon/example-addon/BROKEN TIMEOUT'] },
  },
  {
    title: 'a failing link that is overridden is not reported',
    addons: DB,
    workload: { variables: { C: 'mine' } },
    groups: {
      g: { variables: { B: 'own' }, links: [{ to, keys: { BROKEN: ['A', 'B', 'C'] } }] },
      top: { priority: 20, variables: { A: 'top' } },
    },
    expect: { variables: { A: 'top', B: 'own', C: 'mine' } },
  },
  {
    title: 'a reference to a key whose link fails stays in place',
    addons: DB,
    groups: { g: { variables: { A: 'to ${B}' }, links: [{ to, keys: { BROKEN: ['B'] } }] } },
    expect: {
      variables: { A: 'to ${B}' },
      secrets: [],
      unresolved: ['A: ${B} LINK_UNAVAILABLE', 'B: addon/example-addon/BROKEN TIMEOUT'],
    },
  },
  {
    title: 'a template draws in a linked key',
    addons: DB,
    groups: { g: { variables: { URL: '${U}:${P}@db' }, links: [{ to, keys: { USERNAME: ['U'], PASSWORD: ['P'] } }] } },
    expect: { variables: { URL: 'ada:pw@db', U: 'ada', P: 'pw' }, secrets: ['P', 'URL'] },
  },
  {
    title: 'case 96: addon values are literal',
    addons: { 'addon/x': { K: '${A} $${A} ${{secrets.s.values.v}}' } },
    groups: { g: { variables: { A: 'a', B: '<${X_K}>' }, links: [{ to: 'addon/x', keys: { K: [] } }] } },
    expect: {
      variables: {
        A: 'a',
        X_K: '${A} $${A} ${{secrets.s.values.v}}',
        B: '<${A} $${A} ${{secrets.s.values.v}}>',
      },
    },
  },
  {
    title: 'an addon and an external addon of one id are two',
    addons: { 'addon/x': { K: '1' }, 'external-addon/x': { K: '2' } },
    groups: {
      g: {
        links: [
          { to: 'addon/x', keys: { K: ['ONE'] } },
          { to: 'external-addon/x', keys: { K: ['TWO'] } },
        ],
      },
    },
    expect: { variables: { ONE: '1', TWO: '2' } },
  },
];
