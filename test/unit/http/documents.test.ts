import { type GraphQLError, getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { limitsWith } from '../../../src/app/limits.ts';
import { createDocuments } from '../../../src/graphql/engine/documents.ts';
import { costOf } from '../../../src/graphql/engine/limits.ts';
import { isAppError } from '../../../src/kernel/errors.ts';
import type { Limits } from '../../../src/kernel/limits.ts';
import { aSchema } from '../../support/http-app.ts';

interface Over {
  readonly development?: boolean;
  readonly limits?: Partial<Limits>;
}

const schema = aSchema();

/** `accepted`, or the first message. Everything that is refused must be refused as BAD_REQUEST. */
function outcomeOf(query: string, { development = false, limits = {} }: Over = {}): string {
  const documents = createDocuments({ schema, limits: limitsWith(limits), development });
  try {
    const prepared = documents.prepare(query, null);
    return prepared.ok ? 'accepted' : messageOf(prepared.errors[0]);
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  const cause = isAppError(error) ? error : (error as GraphQLError).originalError;
  if (!isAppError(cause)) throw error;
  expect(cause.code).toBe('BAD_REQUEST');
  return cause.message;
}

const parents = (levels: number, inner = 'id'): string => `${'parent {'.repeat(levels)}${inner}${'}'.repeat(levels)}`;
const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');

describe('limits of a document', () => {
  it.each([
    ['depth 10', `{ group { ${parents(8)} } }`, 'accepted'],
    ['depth 11', `{ group { ${parents(9)} } }`, 'The operation is deeper than 10 (KEYLOOM_LIMIT_DEPTH)'],
    [
      'depth 11 through fragments',
      `{ group { ...A } } fragment A on Group { ${parents(4, '...B')} } fragment B on Group { ${parents(5)} }`,
      'The operation is deeper than 10 (KEYLOOM_LIMIT_DEPTH)',
    ],
    ['20,000 selections deep', `{ group ${'{ parent '.repeat(20_000)}`, 'the limit is 65536'],
    [
      '1,900 selections deep',
      `{ group ${'{parent'.repeat(990)}{id}${'}'.repeat(990)}}`,
      /Document contains more|deeper than 10/,
    ],
  ])('case 68: %s', (_what, query, outcome) => {
    expect(outcomeOf(query)).toMatch(outcome);
  });

  it.each([
    ['list', `{ numbers(list: ${'['.repeat(20_000)}${']'.repeat(20_000)}) }`],
    ['unclosed list', `{ numbers(list: ${'['.repeat(20_000)}`],
    ['object', `{ describe(detail: ${'{text:'.repeat(20_000)}`],
  ])('case 68: a 20,000-deep %s literal', (_what, query) => {
    expect(outcomeOf(query, { limits: { documentLength: 1_000_000 } })).toMatch(
      /Document contains more that 2000 tokens|nested too deeply/,
    );
    expect(outcomeOf(query, { limits: { documentLength: 1_000_000, tokens: 1_000_000 } })).not.toBe('accepted');
  });

  it.each([
    ['30 aliases', `{ ${times(10, (i) => `a${i}: hello`)} group { ${times(20, (i) => `b${i}: id`)} } }`, 'accepted'],
    [
      '31 aliases',
      `{ ${times(10, (i) => `a${i}: hello`)} group { ${times(21, (i) => `b${i}: id`)} } }`,
      'The operation has more than 30 aliases (KEYLOOM_LIMIT_ALIASES)',
    ],
    [
      '101 aliases of __typename',
      `{ group { ${times(101, (i) => `a${i}: __typename`)} } }`,
      'The operation has more than 30 aliases (KEYLOOM_LIMIT_ALIASES)',
    ],
    [
      '16 aliases spread twice',
      `{ group { ...A parent { ...A } } } fragment A on Group { ${times(16, (i) => `a${i}: id`)} }`,
      'The operation has more than 30 aliases (KEYLOOM_LIMIT_ALIASES)',
    ],
    [
      '21 root fields',
      `{ ${times(21, () => 'hello')} }`,
      'The operation has more than 20 root fields (KEYLOOM_LIMIT_ROOT_FIELDS)',
    ],
    [
      '21 root fields in fragments',
      `{ ...A ...A ...A } fragment A on Query { ${times(7, () => 'hello')} }`,
      'The operation has more than 20 root fields (KEYLOOM_LIMIT_ROOT_FIELDS)',
    ],
  ])('case 69: %s', (_what, query, outcome) => {
    expect(outcomeOf(query)).toBe(outcome);
  });

  it('case 70: 20,000 aliases', () => {
    const query = `{ group { ${times(20_000, (i) => `a${i}: name`)} } }`;
    expect(outcomeOf(query)).toMatch(/the limit is/);
    expect(outcomeOf(query, { limits: { documentLength: 1_000_000 } })).toMatch(/more that 2000 tokens/);
  });

  it.each([
    ['10,000 duplicate fields', `{ group { ${'id '.repeat(10_000)} } }`, /more that 2000 tokens/],
    ['1,900 duplicate fields', `{ group { ${'id '.repeat(1_900)} } }`, /accepted|Validation aborted/],
    [
      '200 x 100 inline fragments',
      `{ group { ${times(200, () => `... { ${'... { id } '.repeat(100)} }`)} } }`,
      /the limit is|more that 2000 tokens/,
    ],
    [
      'nested duplicates',
      `{ group { ${times(20, () => `parent { ${times(20, () => 'parent { id }')} }`)} } }`,
      /accepted|Validation aborted/,
    ],
  ])('case 71: %s', (_what, query, outcome) => {
    expect(outcomeOf(query)).toMatch(outcome);
  });

  it.each([
    ['four directives on a field', '{ hello @aa @aa @aa @aa }'],
    ['four on a fragment', '{ ...F } fragment F on Query @aa @aa @aa @aa { hello }'],
    ['four on a spread', '{ ... @aa @aa @aa @aa { hello } }'],
    ['four on the operation', 'query @aa @aa @aa @aa { hello }'],
    ['four on a variable', 'query($a: String @aa @aa @aa @aa) { hello(name: $a) }'],
    ['2,500 directives', `{ hello ${'@aa '.repeat(2_500)} }`],
  ])('case 72: %s', (_what, query) => {
    expect(outcomeOf(query)).toMatch(
      /^More than 3 directives in one place \(KEYLOOM_LIMIT_DIRECTIVES\)$|more that 2000 tokens/,
    );
  });

  it('case 72: three are judged by validation, with five errors at most', () => {
    expect(outcomeOf('{ hello @aa @aa @aa }')).toMatch(/Unknown directive/);
  });

  it.each([
    ['2,001 tokens', `{ ${'hello '.repeat(1_999)} }`, /more that 2000 tokens/],
    [
      'a comment of 1 MB',
      `# ${'x'.repeat(1_000_000)}\n{ hello }`,
      /characters; the limit is 65536 \(KEYLOOM_LIMIT_DOCUMENT_LENGTH\)$/,
    ],
    [
      'a string of 1 MB',
      `{ echo(text: "${'x'.repeat(1_000_000)}") }`,
      /characters; the limit is 65536 \(KEYLOOM_LIMIT_DOCUMENT_LENGTH\)$/,
    ],
  ])('case 73: %s', (_what, query, outcome) => {
    expect(outcomeOf(query)).toMatch(outcome);
  });

  it.each([
    ['a fragment that spreads itself', '{ group { ...A } } fragment A on Group { id ...A }', /spreads itself/],
    [
      'two that spread each other',
      '{ group { ...A } } fragment A on Group { ...B } fragment B on Group { ...A }',
      /spreads itself/,
    ],
    ['a cycle nobody uses', '{ hello } fragment A on Group { ...A }', /never used|within itself/],
    [
      'a fan-out of 2^40',
      `{ group { ...F0 } } ${times(40, (i) => `fragment F${i} on Group { ...F${i + 1} ...F${i + 1} }`)} fragment F40 on Group { id }`,
      /The operation costs \S+; the limit is 5000/,
    ],
    [
      'a fan-out of 2^40 at the root',
      `{ ...F0 } ${times(40, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F40 on Query { hello }`,
      /root fields/,
    ],
    ['250 unused fragments', `{ hello } ${times(250, (i) => `fragment F${i} on Group { id }`)}`, /never used/],
  ])('case 74: %s', (_what, query, outcome) => {
    expect(outcomeOf(query)).toMatch(outcome);
  });

  it.each([
    ['first: 1e9', '{ group { items(first: 1000000000) { nodes { name } } } }'],
    ['first: -2147483648', '{ group { items(first: -2147483648) { nodes { name } } } }'],
    ['last: 9e400', `{ group { items(last: ${'9'.repeat(400)}) { nodes { name } } } }`],
    [
      'nested connections',
      `{ group { items(first: 100) { nodes { thing { ... on Group { items(first: 100) { nodes { name } } } } } } } }`,
    ],
    [
      'nested connections of the default size',
      `{ group { items { nodes { thing { ... on Group { items { nodes { thing { ... on Group { items { nodes { name } } } } } } } } } } } }`,
    ],
  ])('case 77: %s', (_what, query) => {
    expect(outcomeOf(query)).toMatch(/The operation costs \S+; the limit is 5000/);
  });

  it('case 77: the sizes that variables give count', () => {
    const documents = createDocuments({ schema, limits: limitsWith(), development: false });
    const prepared = documents.prepare('query($n: Int) { group { items(first: $n) { nodes { name } } } }', null);
    if (!prepared.ok) throw new Error('refused');
    const { document, node, sizeVariables } = prepared.operation;
    expect([...sizeVariables]).toEqual(['n']);
    // The root field, the connection, and one page of nodes with a name each.
    expect(costOf(document, node, { n: 100 }, schema)).toBe(2 + 100 * 2);
    expect(costOf(document, node, {}, schema)).toBe(2 + 50 * 2);
  });

  it.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Group") { name } }',
    '{ ...F } fragment F on Query { a: __type(name: "x") { name } }',
  ])('case 78: introspection is refused: %s', (query) => {
    expect(outcomeOf(query)).toBe('Introspection is turned off');
  });

  it('case 78: in development it is answered, though not in circles', () => {
    expect(outcomeOf(getIntrospectionQuery(), { development: true })).toBe('accepted');
    const circle = `{ __schema { types { ${'fields { type { '.repeat(10)} name ${'} }'.repeat(10)} } } }`;
    expect(outcomeOf(circle, { development: true })).toBe('The introspection is too deep');
  });

  it('case 78: names are suggested in development only', () => {
    expect(outcomeOf('{ helo }')).toBe('Cannot query field "helo" on type "Query".');
    expect(outcomeOf('{ helo }', { development: true })).toMatch(/Did you mean/);
    for (const query of [
      '{ colour(is: REDD) }',
      '{ describe(detail: { txt: "a" }) }',
      '{ hello(nme: "a") }',
      'query($a: Colur) { hello }',
      '{ ... on Grup { id } }',
    ]) {
      expect(outcomeOf(query)).not.toMatch(/Did you mean|accepted/);
    }
  });

  it('case 79: 600 unused variables give a bounded answer', () => {
    const documents = createDocuments({ schema, limits: limitsWith(), development: false });
    const prepared = documents.prepare(`query(${times(490, (i) => `$v${i}: Int`)}) { hello }`, null);
    expect(prepared.ok ? 0 : prepared.errors.length).toBeLessThanOrEqual(6);
  });

  it('case 80: a flood of different documents leaves a used one compiled and the rest forgotten', () => {
    const documents = createDocuments({ schema, limits: limitsWith(), development: false });
    const operationOf = (query: string) => {
      const prepared = documents.prepare(query, null);
      if (!prepared.ok) throw new Error('refused');
      return prepared.operation;
    };
    const first = operationOf('{ hello }');
    expect(operationOf('{ hello }')).toBe(first);
    for (let i = 0; i < 1_000; i += 1) operationOf(`{ a${i}: hello }`);
    expect(operationOf('{ hello }')).not.toBe(first);
  });

  it('holds every operation of a document to the limits', () => {
    expect(outcomeOf(`query A { hello } query B { group { ${parents(9)} } }`)).toBe(
      'The operation is deeper than 10 (KEYLOOM_LIMIT_DEPTH)',
    );
    expect(outcomeOf('query A { hello } query B { hello }')).toBe(
      'The document has several operations: say which by operationName',
    );
    expect(outcomeOf('fragment A on Group { id }')).not.toBe('accepted');
    expect(outcomeOf('')).toMatch(/Syntax Error/);
  });
});
