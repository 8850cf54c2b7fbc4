import type { Case } from './case.ts';

const A = { A: 'here' };
const got = { variables: A };
const nothing = {};

/** Scope, restriction, layers, merge, direct values. */
export const INHERIT: readonly Case[] = [
  { title: 'no groups, nothing to get', groups: {}, expect: nothing },
  { title: 'environment is for RUNTIME', groups: { g: { secretType: 'environment', variables: A } }, expect: got },
  {
    title: 'environment is not for BUILD',
    scope: 'BUILD',
    groups: { g: { secretType: 'environment', variables: A } },
    expect: nothing,
  },
  {
    title: 'arguments are for BUILD',
    scope: 'BUILD',
    groups: { g: { secretType: 'arguments', variables: A } },
    expect: got,
  },
  { title: 'arguments are not for RUNTIME', groups: { g: { secretType: 'arguments', variables: A } }, expect: nothing },
  { title: 'environment-arguments at RUNTIME', groups: { g: { variables: A } }, expect: got },
  { title: 'environment-arguments at BUILD', scope: 'BUILD', groups: { g: { variables: A } }, expect: got },
  {
    title: 'mounts are for BUILD',
    scope: 'BUILD',
    groups: { g: { mounts: { token: 't' } } },
    expect: { mounts: { token: 't' } },
  },
  { title: 'there are no mounts at RUNTIME', groups: { g: { mounts: { token: 't' } } }, expect: nothing },
  {
    title: 'case 26: restricted and nothing listed applies to nobody',
    groups: { g: { only: {}, variables: A } },
    expect: nothing,
  },
  {
    title: 'case 26: the same under `and`',
    workload: { tags: ['red'] },
    groups: { g: { only: { tagMatchCondition: 'and' }, variables: A } },
    expect: nothing,
  },
  {
    title: 'restricted to the workload',
    groups: { g: { only: { workloads: [{ id: 'web', kind: 'service' }] }, variables: A } },
    expect: got,
  },
  {
    title: 'case 27: a job of the same id is another workload',
    groups: { g: { only: { workloads: [{ id: 'web', kind: 'job' }] }, variables: A } },
    expect: nothing,
  },
  {
    title: 'restricted to another workload',
    groups: { g: { only: { workloads: [{ id: 'api', kind: 'service' }] }, variables: A } },
    expect: nothing,
  },
  {
    title: 'case 25: `or` wants one of the tags',
    workload: { tags: ['green'] },
    groups: { g: { only: { tags: ['red', 'green'] }, variables: A } },
    expect: got,
  },
  {
    title: 'case 25: `or` without one of the tags',
    workload: { tags: ['blue'] },
    groups: { g: { only: { tags: ['red', 'green'] }, variables: A } },
    expect: nothing,
  },
  {
    title: 'case 25: `and` wants all tags',
    workload: { tags: ['green', 'red', 'blue'] },
    groups: { g: { only: { tags: ['red', 'green'], tagMatchCondition: 'and' }, variables: A } },
    expect: got,
  },
  {
    title: 'case 25: `and` with one tag missing',
    workload: { tags: ['red'] },
    groups: { g: { only: { tags: ['red', 'green'], tagMatchCondition: 'and' }, variables: A } },
    expect: nothing,
  },
  {
    title: 'a listed workload needs no tags',
    groups: {
      g: {
        only: { workloads: [{ id: 'web', kind: 'service' }], tags: ['red'], tagMatchCondition: 'and' },
        variables: A,
      },
    },
    expect: got,
  },
  {
    title: 'tags let in a workload that is not listed',
    workload: { tags: ['red'] },
    groups: { g: { only: { workloads: [{ id: 'api', kind: 'service' }], tags: ['red'] }, variables: A } },
    expect: got,
  },
  {
    title: 'tags are compared letter by letter',
    workload: { tags: ['RED'] },
    groups: { g: { only: { tags: ['red'] }, variables: A } },
    expect: nothing,
  },
  {
    title: 'case 100: higher priority wins',
    groups: { low: { priority: 1, variables: { A: 'low' } }, top: { priority: 2, variables: { A: 'top' } } },
    expect: { variables: { A: 'top' }, sources: { A: 'top' } },
  },
  {
    title: 'case 100: equal priorities: the id that sorts first wins, with a warning',
    groups: { b: { variables: { A: 'of b' } }, a: { variables: { A: 'of a' } } },
    expect: { variables: { A: 'of a' }, warnings: ['TIE A a b'] },
  },
  {
    title: 'a tie of three names the winner first',
    groups: { c: { variables: A }, 'a-b': { variables: A }, a: { variables: A } },
    expect: { variables: A, sources: { A: 'a' }, warnings: ['TIE A a a-b c'] },
  },
  {
    title: 'a tie below the winner is nobody`s concern',
    groups: { a: { variables: { A: '1' } }, b: { variables: { A: '2' } }, c: { priority: 11, variables: { A: '3' } } },
    expect: { variables: { A: '3' } },
  },
  {
    title: 'a tie under a direct value is nobody`s concern',
    workload: { variables: { A: 'mine' } },
    groups: { a: { variables: { A: '1' } }, b: { variables: { A: '2' } } },
    expect: { variables: { A: 'mine' }, sources: { A: 'direct' } },
  },
  {
    title: 'a direct value overrides priority 100',
    workload: { variables: { A: 'mine' } },
    groups: { a: { priority: 100, variables: A } },
    expect: { variables: { A: 'mine' }, secrets: ['A'] },
  },
  {
    title: 'variables are not for BUILD',
    scope: 'BUILD',
    workload: { variables: { A: 'mine' } },
    groups: {},
    expect: nothing,
  },
  {
    title: 'build arguments are direct values of BUILD',
    scope: 'BUILD',
    workload: { buildArguments: { A: 'mine' } },
    groups: { a: { variables: A } },
    expect: { variables: { A: 'mine' } },
  },
  {
    title: 'build arguments are not for RUNTIME',
    workload: { buildArguments: { A: 'mine' } },
    groups: {},
    expect: nothing,
  },
  {
    title: 'files merge by path',
    workload: { files: { '/c': 'mine' } },
    groups: {
      a: { priority: 1, files: { '/a': '1', '/b': '1', '/c': '1' } },
      b: { priority: 2, files: { '/b': '2' } },
    },
    expect: { files: { '/a': '1', '/b': '2', '/c': 'mine' } },
  },
  {
    title: 'build files are direct values of BUILD',
    scope: 'BUILD',
    workload: { files: { '/a': 'run' }, buildFiles: { '/a': 'build' } },
    groups: {},
    expect: { files: { '/a': 'build' } },
  },
  {
    title: 'a tie of files and of mounts',
    scope: 'BUILD',
    groups: { a: { files: { '/f': '1' }, mounts: { m: '1' } }, b: { files: { '/f': '2' }, mounts: { m: '2' } } },
    expect: { files: { '/f': '1' }, mounts: { m: '1' }, warnings: ['TIE /f a b', 'TIE m a b'] },
  },
  {
    title: 'case 104: a variable, a file and a mount of one name have nothing to do with each other',
    scope: 'BUILD',
    groups: { a: { variables: { n: 'v' }, files: { n: 'f' } }, b: { mounts: { n: 'm' } } },
    expect: { variables: { n: 'v' }, files: { n: 'f' }, mounts: { n: 'm' } },
  },
  {
    title: 'case 101: a config group that shadows a secret is flagged',
    groups: {
      top: { priority: 100, variables: { A: 'plain' } },
      deep: { type: 'secret', priority: 1, variables: { A: 's' } },
    },
    expect: { variables: { A: 'plain' }, secrets: [], warnings: ['SHADOWED_SECRET A deep top'] },
  },
  {
    title: 'case 101: a secret that shadows a secret is not',
    groups: { a: { type: 'secret', priority: 9, variables: A }, b: { type: 'secret', variables: A, priority: 1 } },
    expect: { variables: A },
  },
  {
    title: 'case 102: a group that does not apply shadows nothing and warns of nothing',
    groups: { a: { only: {}, priority: 99, variables: { A: 'hidden' } }, b: { variables: A } },
    expect: { variables: A, sources: { A: 'b' } },
  },
  {
    title: 'case 105: Path and PATH are both kept, with a warning',
    groups: { a: { variables: { Path: '1', OTHER: '' } }, b: { variables: { PATH: '2' } } },
    expect: { variables: { Path: '1', PATH: '2', OTHER: '' }, warnings: ['CASE_TWINS PATH Path'] },
  },
  {
    title: 'case 266: a file in a folder that is a file, also in another case',
    groups: {
      a: { files: { '/etc/app': '1', '/etc/app/config.json': '2' } },
      b: { files: { '/ETC/app/Deep/er': '3', '/etc/apple': '4' } },
    },
    expect: {
      files: { '/ETC/app/Deep/er': '3', '/etc/app': '1', '/etc/app/config.json': '2', '/etc/apple': '4' },
      warnings: ['FILE_AND_FOLDER /ETC/app/Deep/er /etc/app', 'FILE_AND_FOLDER /etc/app /etc/app/config.json'],
    },
  },
  {
    title: 'case 266: paths that differ only in case',
    groups: { a: { files: { '/A': '1' } }, b: { files: { '/a': '2' } } },
    expect: { files: { '/A': '1', '/a': '2' }, warnings: ['CASE_TWINS /A /a'] },
  },
  {
    title: 'names that no shell can hold',
    groups: { a: { variables: { A: '1', _b2: '2', '1C': '3', 'a.b': '4', 'a-b': '5' } } },
    expect: {
      variables: { A: '1', _b2: '2', '1C': '3', 'a.b': '4', 'a-b': '5' },
      warnings: ['NOT_A_SHELL_NAME 1C a-b a.b'],
    },
  },
  {
    title: 'case 41: names of prototypes are names like any other',
    groups: { constructor: { variables: { ['__proto__']: 'p', toString: 't', length: 'l' } } },
    expect: { variables: { ['__proto__']: 'p', toString: 't', length: 'l' } },
  },
];
