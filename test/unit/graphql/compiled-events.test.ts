import { buildSchema, execute, isObjectType, type OperationDefinitionNode, parse } from 'graphql';
import * as compiler from 'graphql-jit';
import { describe, expect, it } from 'vitest';
import { compileOperation } from '../../../src/graphql/engine/compile.ts';

const schema = buildSchema(`
  type Query { nothing: Int }
  input Where { kind: String!, id: String!, tags: [String!] }
  type Happened { cursor: String!, seq: Int!, names: [String!]!, digest: String, failing: Int }
  type Expired { cursor: String! }
  union Item = Happened | Expired
  type Subscription { told(where: Where!, after: String, least: Int = 5): Item! }
`);
const field = schema.getSubscriptionType()?.getFields().told;
if (field) field.resolve = (item) => item;
const item = schema.getType('Item');
if (item && 'resolveType' in item) item.resolveType = (it) => ('expired' in (it as object) ? 'Expired' : 'Happened');
const happened = schema.getType('Happened');
const failing = isObjectType(happened) ? happened.getFields().failing : undefined;
if (failing) {
  failing.resolve = () => {
    throw new Error('it fails');
  };
}

const EVENTS = [
  { cursor: 'c', seq: 1, names: ['a', 'b'], digest: 'd' },
  { cursor: 'c', seq: 2, names: [], digest: null },
  { expired: true, cursor: 'x' },
  { cursor: 'c', seq: null, names: [], digest: null },
];
const SELECTION = '{ __typename ... on Happened { cursor seq names digest } ... on Expired { cursor } }';

describe('a subscription', () => {
  it.each([
    [
      'a literal object with a variable in it',
      `subscription ($id: String!) { told(where: { kind: "A", id: $id }) ${SELECTION} }`,
    ],
    ['everything by variables', `subscription ($w: Where!, $a: String) { told(where: $w, after: $a) ${SELECTION} }`],
    [
      'literals that are code to the compiler',
      `subscription { told(where: { kind: "__MAGIC", id: "__MAGIC__x" }) ${SELECTION} }`,
    ],
    [
      'an alias and a fragment',
      `subscription { it: told(where: { kind: "A", id: "" }) { ...F } } fragment F on Item ${SELECTION}`,
    ],
    [
      'a field left out',
      `subscription ($no: Boolean!) { told(where: { kind: "A", id: "" }) { ... on Happened { seq @skip(if: $no) cursor } } }`,
    ],
    [
      'a field that fails',
      'subscription { told(where: { kind: "A", id: "" }) { ... on Happened { failing cursor } } }',
    ],
  ])('tells events as graphql does, compiled, whatever it is asked: %s', async (_what, query) => {
    const document = parse(query);
    const variables = { id: 'i', w: { kind: 'A', id: 'i' }, a: null, no: true };
    const operation = document.definitions[0] as OperationDefinitionNode;
    const run = compileOperation(compiler, schema, document, operation);
    expect(run).not.toBeNull();
    for (const rootValue of EVENTS) {
      const wanted = await execute({ schema, document, rootValue, variableValues: variables });
      const made = await run?.({}, variables, rootValue);
      expect(made?.data).toEqual(wanted.data);
      expect(made?.errors?.map(({ path }) => path)).toEqual(wanted.errors?.map(({ path }) => path));
    }
  });

  it('is left to graphql where an alias could be taken for code', () => {
    const document = parse(`subscription { __MAGIC: told(where: { kind: "A", id: "" }) ${SELECTION} }`);
    const operation = document.definitions[0] as OperationDefinitionNode;
    expect(compileOperation(compiler, schema, document, operation)).toBeNull();
  });
});
