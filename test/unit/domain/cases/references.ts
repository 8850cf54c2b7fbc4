import type { Case } from './case.ts';

const SHARED = {
  type: 'secret',
  values: {
    db: { host: 'h', port: 5432, on: true, none: null },
    list: ['zero', { x: 'one' }],
    'a.b': 'dotted',
    'spring[': { '{ ': 's' },
    '': { '"': 'q' },
  },
  files: { cert: '${A}', 'ca.pem': 'pem' },
} as const;
const globals = { shared: SHARED, plain: { values: { v: 'plain' } } };

const reads = (title: string, reference: string, result: string, reason?: string): Case => ({
  title: `${title}: ${reference}`,
  globals,
  groups: { g: { variables: { A: reference } } },
  expect: { variables: { A: result }, unresolved: reason === undefined ? [] : [`A: ${reference} ${reason}`] },
});
const fails = (title: string, reference: string, reason: string): Case => reads(title, reference, reference, reason);

/** What references lead to. */
export const REFERENCES: readonly Case[] = [
  reads('a global value', '${secrets.shared.values.db.host}', 'h'),
  reads('in double braces', '${{ secrets.shared.values.db.host }}', 'h'),
  reads('a number', '${secrets.shared.values.db.port}', '5432'),
  reads('a boolean', '${secrets.shared.values.db.on}', 'true'),
  reads('an element of a list', '${secrets.shared.values.list.0}', 'zero'),
  reads('inside an element', '${secrets.shared.values.list.1.x}', 'one'),
  reads('case 96: a global file is literal', '${secrets.shared.files.cert.data}', '${A}'),
  reads('a file id with a dot', '${secrets.shared.files.ca.pem.data}', 'pem'),
  fails('null is no text', '${secrets.shared.values.db.none}', 'NOT_TEXT'),
  fails('an object is no text', '${secrets.shared.values.db}', 'NOT_TEXT'),
  fails('a list is no text', '${secrets.shared.values.list}', 'NOT_TEXT'),
  fails('no such value', '${secrets.shared.values.db.no}', 'UNKNOWN_PATH'),
  fails('below a text', '${secrets.shared.values.db.host.0}', 'UNKNOWN_PATH'),
  fails('the length of a list', '${secrets.shared.values.list.length}', 'UNKNOWN_PATH'),
  fails('an element written oddly', '${secrets.shared.values.list.00}', 'UNKNOWN_PATH'),
  reads('case 265: a key with a dot, quoted', '${secrets.shared.values["a.b"]}', 'dotted'),
  reads('case 265: quoted below bare', '${secrets.shared.values.db["host"]}', 'h'),
  reads('case 265: bare below quoted', '${secrets.shared.values["db"].host}', 'h'),
  reads('case 265: braces are escaped', '${{ secrets.shared.values.spring[["\\u007b "] }}', 's'),
  reads('case 265: an empty key and a quote', '${secrets.shared.values[""]["\\""]}', 'q'),
  reads('case 265: an index, quoted', '${secrets.shared.values["list"]["0"]}', 'zero'),
  reads('case 265: a file id, quoted', '${secrets.shared.files["ca.pem"].data}', 'pem'),
  fails('case 265: text behind a quoted segment', '${secrets.shared.values["db"]host}', 'UNKNOWN_PATH'),
  fails('case 265: a quoted segment that does not end', '${secrets.shared.values.db["host}', 'UNKNOWN_PATH'),
  fails('case 265: an escape that JSON does not know', '${secrets.shared.values.db["\\x68ost"]}', 'UNKNOWN_PATH'),
  fails('case 265: spaces at the edge of a bare key', '${secrets.shared.values.db. host}', 'UNKNOWN_PATH'),
  fails('case 43: __proto__ is no value', '${secrets.shared.values["__proto__"]["x"]}', 'UNKNOWN_PATH'),
  fails('a key with a dot', '${secrets.shared.values.a.b}', 'UNKNOWN_PATH'),
  fails('case 43: constructor is no value', '${secrets.shared.values.constructor.name}', 'UNKNOWN_PATH'),
  fails('no such file', '${secrets.shared.files.key.data}', 'UNKNOWN_PATH'),
  fails('no such global secret', '${secrets.other.values.x}', 'UNKNOWN_GLOBAL_SECRET'),
  fails('case 43: constructor is no global secret', '${secrets.constructor.values.x}', 'UNKNOWN_GLOBAL_SECRET'),
  fails('without a path it is a variable`s name', '${secrets.shared.values}', 'UNKNOWN_VARIABLE'),
  fails('without `.data` it is a variable`s name', '${secrets.shared.files.cert}', 'UNKNOWN_VARIABLE'),
  {
    title: 'the form decides: a variable cannot take the place of a global value',
    globals,
    groups: { g: { variables: { A: '${secrets.plain.values.v}', 'secrets.plain.values.v': 'variable' } } },
    expect: { variables: { A: 'plain', 'secrets.plain.values.v': 'variable' } },
  },
  {
    title: 'late binding: everyone sees a direct override',
    workload: { variables: { HOST: 'mine' } },
    groups: { a: { variables: { URL: 'http://${HOST}' } }, b: { variables: { HOST: 'theirs' } } },
    expect: { variables: { HOST: 'mine', URL: 'http://mine' }, secrets: ['HOST', 'URL'] },
  },
  {
    title: 'a direct value is a template too',
    workload: { variables: { URL: '${HOST}/' } },
    groups: { a: { variables: { HOST: 'h' } } },
    expect: { variables: { HOST: 'h', URL: 'h/' }, secrets: ['URL'] },
  },
  {
    title: 'through several groups',
    groups: { a: { variables: { A: '<${B}>' } }, b: { variables: { B: '(${C})' } }, c: { variables: { C: 'c' } } },
    expect: { variables: { A: '<(c)>', B: '(c)', C: 'c' } },
  },
  {
    title: 'case 96: what is drawn in is not read again',
    groups: { g: { variables: { A: '${B}C}', B: '$${', C: 'no', D: '${A}' } } },
    expect: { variables: { A: '${C}', B: '${', C: 'no', D: '${C}' } },
  },
  {
    title: 'case 96: patterns of replacement are text',
    groups: { g: { variables: { A: '[${B}]', B: '$& $1 $$ $` $<x>' } } },
    expect: { variables: { A: '[$& $1 $$ $` $<x>]', B: '$& $1 $$ $` $<x>' } },
  },
  {
    title: 'case 98: a group that does not apply is as good as missing',
    groups: { a: { variables: { A: '${HIDDEN}' } }, b: { only: {}, variables: { HIDDEN: 'x' } } },
    expect: { variables: { A: '${HIDDEN}' }, unresolved: ['A: ${HIDDEN} UNKNOWN_VARIABLE'] },
  },
  {
    title: 'case 98: so is a variable of the other scope',
    groups: { a: { variables: { A: '${B}' } }, b: { secretType: 'arguments', variables: { B: 'x' } } },
    expect: { variables: { A: '${B}' }, unresolved: ['A: ${B} UNKNOWN_VARIABLE'] },
  },
  {
    title: 'case 99: names and paths are not templates',
    groups: { a: { variables: { '${B}': 'a', B: 'b' }, files: { '/${B}': 'f' } } },
    expect: { variables: { '${B}': 'a', B: 'b' }, files: { '/${B}': 'f' } },
  },
  {
    title: 'a file cannot be referred to',
    groups: { a: { variables: { A: '${/f}' }, files: { '/f': 'f' } } },
    expect: { variables: { A: '${/f}' }, files: { '/f': 'f' }, unresolved: ['A: ${/f} UNKNOWN_VARIABLE'] },
  },
  {
    title: 'an utf-8 file is a template, a mount too',
    scope: 'BUILD',
    globals,
    groups: {
      a: { variables: { B: 'b' }, files: { '/f': '1 ${B} $${B} ${NO}' }, mounts: { m: '${{secrets.plain.values.v}}' } },
    },
    expect: {
      variables: { B: 'b' },
      files: { '/f': '1 b ${B} ${NO}' },
      mounts: { m: 'plain' },
      unresolved: ['/f: ${NO} UNKNOWN_VARIABLE'],
    },
  },
  {
    title: 'a binary file is not',
    groups: { a: { variables: { B: 'b' }, files: { '/f': { binary: '${B} ${NO}' } } } },
    expect: { variables: { B: 'b' }, files: { '/f': '${B} ${NO}' } },
  },
];
