import { type ExecutionResult, execute, parse, validate } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { limitsWith } from '../../../src/app/limits.ts';
import { createAnswers } from '../../../src/graphql/engine/answers.ts';
import { loadCompiler } from '../../../src/graphql/engine/compile.ts';
import { createDocuments, type Operation } from '../../../src/graphql/engine/documents.ts';
import { type Answer, createGraphql, type Graphql } from '../../../src/graphql/engine/execute.ts';
import { createMask } from '../../../src/graphql/engine/mask-error.ts';
import { createPipeline } from '../../../src/graphql/engine/pipeline.ts';
import { createInFlight } from '../../../src/kernel/in-flight.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { aSchema, type Journal } from '../../support/http-app.ts';

interface Engine extends Graphql {
  readonly operationOf: (query: string) => Operation;
}

// What is asked for is compiled at once, and not only when the compiler has come.
beforeAll(loadCompiler);

/** `compileFrom` 1: compiled at once; 0: never. */
function anEngine(compileFrom: number, journal: Journal = []): Engine {
  const schema = aSchema(journal);
  const limits = limitsWith();
  const documents = createDocuments({ schema, limits, development: false, compileFrom });
  const mask = createMask(silentLog, limits.errors);
  const answers = createAnswers(0);
  const operationOf = (query: string): Operation => {
    const prepared = documents.prepare(query, null);
    if (!prepared.ok) throw new Error('not valid');
    return prepared.operation;
  };
  const settings = ['A', 'B'] as const;
  const inFlight = createInFlight({ noun: 'The answers', perPrincipal: 1_000_000, inAll: 1_000_000, settings });
  const fileMutations = new Set<string>();
  const pipeline = createPipeline({ schema, documents, mask, limits, fileMutations, plugins: [] });
  const deps = { pipeline, documents, mask, limits, fileMutations, answers, inFlight };
  return { ...createGraphql(deps), operationOf };
}

const ask = (engine: Graphql, query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
  engine.answer({ query, variables, operationName: null, requestId: 'r', method: 'POST', bytes: 0 }, {});

type Path = readonly (string | number)[];

/** Whether something above what an error names is null: any number of errors may tell why. */
function isBelowNull(data: unknown, [first, ...rest]: Path): boolean {
  if (data === null || data === undefined) return true;
  return rest.length > 0 && isBelowNull((data as Record<string | number, unknown>)[first ?? ''], rest);
}

/** The order of errors is not promised, nor how many there are for one null. */
function comparable({ data, errors = [] }: Answer['body']): unknown {
  const plain = JSON.parse(JSON.stringify(data ?? null));
  const told = errors.map((error) => {
    const { path = [] } = error as { readonly path?: Path };
    return isBelowNull(plain, path) ? 'below a null' : JSON.stringify(error);
  });
  return { data: plain, errors: [...new Set(told)].sort() };
}

const VARIABLES: Readonly<Record<string, unknown>> = {
  name: 'Ada',
  colour: 'GREEN',
  at: '2024-02-03T04:05:06.000Z',
  detail: { text: 'x', stamp: '2024-01-01T00:00:00.000Z', numbers: 7 },
  list: [1, 2, 3],
  yes: true,
  no: false,
  first: 3,
  nothing: null,
};

/** Operation -> whether it is compiled. */
const PROBES: readonly (readonly [string, boolean])[] = [
  ['{ hello }', true],
  ['{ hello(name: "you") again: hello(name: null) }', true],
  ['query($name: String) { hello(name: $name) }', true],
  ['query($missing: String) { hello(name: $missing) }', true],
  ['query($missing: String = "default") { hello(name: $missing) }', true],
  ['query($nothing: String) { hello(name: $nothing) }', true],
  ['query($nothing: String = "given") { echo(text: $nothing) }', true],
  ['query($missing: String = "given") { echo(text: $missing) }', true],
  ['{ colour green: colour(is: GREEN) }', true],
  ['query($colour: Colour) { colour(is: $colour) }', true],
  ['query($at: Stamp) { stamp(at: $at) }', true],
  ['{ stamp(at: "2024-02-03T04:05:06.000Z") }', false],
  ['query($detail: Detail!) { describe(detail: $detail) }', true],
  ['{ describe(detail: { text: "x", numbers: [1] }) }', false],
  ['query($name: String!) { describe(detail: { text: $name }) }', false],
  ['query($list: [Int!]) { numbers(list: $list) }', true],
  ['query($first: [Int!]) { numbers(list: $first) }', true],
  ['{ group { ...G parent { ...G parent { id } } } } fragment G on Group { id name tags absent late }', true],
  ['{ group { __typename things { __typename ... on Box { size } ... on Group { name } } } }', true],
  ['{ group { maybe { id ... on Box { colour } ... on Node { id } } } }', true],
  ['{ node(id: "b1") { id ... on Box { size } } other: node(id: "g") { id ... on Group { name } } }', true],
  [
    'query($yes: Boolean!, $no: Boolean!) { a: hello @include(if: $yes) b: hello @skip(if: $yes) c: hello @include(if: $no) group @skip(if: $no) { id name @include(if: $no) } }',
    true,
  ],
  [
    'query($yes: Boolean!) { ...F @include(if: $yes) ... @skip(if: $yes) { x: hello } } fragment F on Query { hello }',
    true,
  ],
  ['query($missing: Boolean = true) { a: hello @include(if: $missing) }', false],
  ['query($missing: Boolean! = true) { a: hello @include(if: $missing) b: hello @skip(if: $missing) }', true],
  ['{ hello @include(if: false) echo(text: "a") @skip(if: false) }', true],
  ['{ group { id broken } }', true],
  ['{ group { id fatal } }', true],
  ['{ group { name parent { id fatal } things { ... on Group { absent fatal } } } }', true],
  ['{ group { name returned } }', true],
  ['{ group(id: "none") { id } }', true],
  ['{ group { items { nodes { name thing { ... on Box { id } } } edges { cursor node { name } } } } }', true],
  ['query($first: Int) { group { items(first: $first) { nodes { name } } } }', true],
  ['{ fail(how: "unknown") other: fail(how: "known") }', true],
  ['{ constructor: hello toString: hello }', false],
  ['{ __proto__: hello }', false],
  ['query($__proto__: String) { hello(name: $__proto__) }', false],
  ['{ parent_group: hello group { parent { id } } }', false],
  ['{ __typename }', true],
];

describe('compiled operations', () => {
  it.each(PROBES)('answer as graphql itself does: %s', async (query, isCompiled) => {
    const compiled = anEngine(1);
    expect(compiled.operationOf(query).run() !== null).toBe(isCompiled);
    const expected = await ask(anEngine(0), query, VARIABLES);
    const actual = await ask(compiled, query, VARIABLES);
    expect(comparable(actual.body)).toEqual(comparable(expected.body));
    expect(actual.status).toBe(expected.status);
  });

  it.each(PROBES)('is valid and not refused on the way: %s', async (query) => {
    const schema = aSchema();
    const document = parse(query);
    expect(validate(schema, document)).toEqual([]);
    const reference: ExecutionResult = await execute({ schema, document, variableValues: VARIABLES, contextValue: {} });
    const { body } = await ask(anEngine(1), query, VARIABLES);
    expect(JSON.stringify(body.data)).toEqual(JSON.stringify(reference.data));
  });

  it('are compiled on their second use', () => {
    const operation = anEngine(2).operationOf('{ hello }');
    expect([operation.run() === null, operation.run() === null, operation.run() === null]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([0, 1])('run mutations one after the other (compiled from use %i)', async (compileFrom) => {
    const journal: Journal = [];
    const query = '{ a: append(text: "slow", ms: 20) b: append(text: "middle", ms: 5) c: append(text: "fast") }';
    const { body } = await ask(anEngine(compileFrom, journal), `mutation ${query}`);
    expect(journal).toEqual(['slow', 'middle', 'fast']);
    expect(body.data).toEqual({ a: ['slow'], b: ['slow', 'middle'], c: ['slow', 'middle', 'fast'] });
  });

  it('never become part of a program', async () => {
    const marks = [
      '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74dglobalThis.broken = 1',
      '__MAGIC_NAN__57f286b9_4c20_487f_b409_79804ddcb4f8',
    ];
    for (const mark of marks) {
      const { body } = await ask(anEngine(1), `{ echo(text: "${mark}") }`);
      expect(body.data).toEqual({ echo: mark });
    }
    expect('broken' in globalThis).toBe(false);
  });
});

describe.each([0, 1])('values in messages (compiled from use %i)', (compileFrom) => {
  it.each([
    ['a string for a number', 'query($list: [Int!]) { numbers(list: $list) }', { list: [1, 'hunter2'] }],
    ['an enum', 'query($c: Colour) { colour(is: $c) }', { c: 'hunter2' }],
    ['a scalar', 'query($at: Stamp) { stamp(at: $at) }', { at: 'hunter2' }],
    ['an object for a string', 'query($t: String!) { echo(text: $t) }', { t: { $ne: 'hunter2' } }],
    ['a list for an object', 'query($d: Detail!) { describe(detail: $d) }', { d: ['hunter2'] }],
    ['a string for an object', 'query($d: Detail!) { describe(detail: $d) }', { d: 'hunter2' }],
    ['an unknown field', 'query($d: Detail!) { describe(detail: $d) }', { d: { text: 'a', 'hunter2 !': 'hunter2' } }],
    ['a missing field', 'query($d: Detail!) { describe(detail: $d) }', { d: { stamp: 'hunter2' } }],
    ['a literal string', '{ numbers(list: "hunter2") }', {}],
    ['a literal enum', '{ colour(is: hunter2) }', {}],
    ['a literal scalar', '{ stamp(at: "hunter2") }', {}],
    ['a syntax error', '{ echo(text "hunter2") }', {}],
    ['an unclosed string', '{ echo(text: "hunter2) }', {}],
    ['a bad escape', '{ echo(text: "\\uhunter2") }', {}],
  ])('case 202: %s is never echoed', async (_what, query, variables) => {
    const { status, body } = await ask(anEngine(compileFrom), query, variables);
    expect(status).toBe(400);
    expect(body.errors?.map((error) => error.extensions.code)).toContain('BAD_REQUEST');
    expect(JSON.stringify(body)).not.toMatch(/hunter/);
  });

  it.each([
    ['$ne', { $ne: null }],
    ['$gt', { $gt: '' }],
    ['a list', ['a']],
    ['a number', 7],
    ['null', null],
  ])('case 39: %s is not a string', async (_what, t) => {
    const { status, body } = await ask(anEngine(compileFrom), 'query($t: String!) { echo(text: $t) }', { t });
    expect({ status, data: body.data }).toEqual({ status: 400, data: undefined });
  });

  it('names the place of a bad value', async () => {
    const { body } = await ask(anEngine(compileFrom), 'query($d: Detail!) { describe(detail: $d) }', {
      d: { text: 'x', numbers: [1, 'y'] },
    });
    expect(body.errors?.[0]?.message).toBe(
      'Variable "$d" got an invalid value at "d.numbers[1]": must be a whole number from -2,147,483,648 to 2,147,483,647',
    );
  });

  it('case 79: a thousand bad values give five errors', async () => {
    const list = Array.from({ length: 1_000 }, () => 'hunter2');
    const { body } = await ask(anEngine(compileFrom), 'query($list: [Int!]) { numbers(list: $list) }', { list });
    expect(body.errors).toHaveLength(5);
  });
});
