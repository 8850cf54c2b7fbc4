import {
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  parse,
  type VariableDefinitionNode,
  validate,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coerceVariables } from '../../src/graphql/engine/variables.ts';
import { QuietValuesRule } from '../../src/graphql/engine/wording.ts';
import { invalidInputFrom } from '../../src/graphql/types/invalid-input.ts';
import type { FieldError } from '../../src/kernel/errors.ts';
import { aGroupInput, CANARY, groupOp } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Case 275: messages say what was wanted, where, and never what was given. */
let app: TestApp;
let schema: GraphQLSchema;
beforeAll(async () => {
  app = await startApp();
  schema = app.gateway.schema;
});
afterAll(() => app.close());

type Step = string | number;
interface Leaf {
  /** `Mutation.createSecretGroup` and the like. */
  readonly field: string;
  readonly operation: 'query' | 'mutation' | 'subscription';
  readonly arg: GraphQLArgument;
  readonly path: readonly Step[];
  readonly type: GraphQLInputType;
}

/** Every place of an input that holds a scalar, an enum, or an object. */
function leavesOf(
  type: GraphQLInputType,
  path: readonly Step[],
  seen: readonly string[] = [],
): [readonly Step[], GraphQLInputType][] {
  const bare = isNonNullType(type) ? type.ofType : type;
  if (isListType(bare)) return leavesOf(bare.ofType as GraphQLInputType, [...path, 0], seen);
  if (!isInputObjectType(bare)) return [[path, type]];
  if (seen.includes(bare.name)) return [];
  const fields: readonly GraphQLInputField[] = Object.values(bare.getFields());
  const inner = fields.flatMap((field) => leavesOf(field.type, [...path, field.name], [...seen, bare.name]));
  return [[path, type], ...inner];
}

function allLeaves(): readonly Leaf[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([operation, root]) =>
    Object.values(root?.getFields() ?? {}).flatMap((field: GraphQLField<unknown, unknown>) =>
      field.args.flatMap((arg) =>
        leavesOf(arg.type, []).map(([path, type]) => ({ field: field.name, operation, arg, path, type })),
      ),
    ),
  );
}

/** Written by hand: what people have to be told of each scalar. */
const WANTED: Readonly<Record<string, string>> = {
  String: 'a string',
  ID: 'an id: a string',
  Int: 'a whole number from -2,147,483,648 to 2,147,483,647',
  Boolean: 'true or false',
  SafeInt: 'a whole number from -9,007,199,254,740,991 to 9,007,199,254,740,991',
  DateTime: 'a date and time with a time zone (RFC 3339), such as 2026-01-31T12:00:00Z',
  Slug: 'a slug: at most 200 letters and digits with single hyphens between them',
  Base64: 'canonical base64 (RFC 4648): padded',
  Cursor: 'a cursor of 1 to 2,000 characters',
};
const OBJECT = { [CANARY]: CANARY };
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  String: [4_711, true, OBJECT, [CANARY, 1]],
  ID: [true, 1.5, OBJECT],
  Int: [CANARY, '12', true, 1.5, 2 ** 31, OBJECT],
  Boolean: [CANARY, 'true', 1, OBJECT],
  SafeInt: [CANARY, 1.5, 2 ** 53, true],
  DateTime: [CANARY, '2026-01-31T12:00:00', '2026-01-31', true],
  Slug: [`${CANARY} x`, `-${CANARY}`, '', 'a'.repeat(201), 12],
  Base64: [`${CANARY}!`, 'eA', 'e A==', 12],
  Cursor: ['', 'a'.repeat(2_001), 12],
};

const wantedOf = (type: GraphQLInputType): string => {
  const named = getNamedType(type);
  if (isEnumType(named)) {
    const names = (named as GraphQLEnumType)
      .getValues()
      .map(({ name }) => name)
      .sort();
    return `one of ${names.join(', ')}`;
  }
  return isInputObjectType(named) ? `an object of type ${named.name}` : (WANTED[named.name] ?? 'nothing is known');
};
const wrongFor = (type: GraphQLInputType): readonly unknown[] => {
  const named = getNamedType(type);
  if (isEnumType(named)) return [CANARY, 1, true];
  if (isInputObjectType(named)) return [CANARY, 1, true];
  return named.name === 'JSON' ? [] : (WRONG[named.name] ?? ['nothing is wrong']);
};

const valueAt = (path: readonly Step[], leaf: unknown): unknown => {
  const [step, ...rest] = path;
  if (step === undefined) return leaf;
  return typeof step === 'number' ? [valueAt(rest, leaf)] : { [step]: valueAt(rest, leaf) };
};
const placeOf = (arg: string, path: readonly Step[]): string =>
  [arg, ...path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))].join('');

function byVariable({ arg }: Leaf, value: unknown): readonly string[] {
  const document = parse(`query ($${arg.name}: ${String(arg.type)}) { __typename }`);
  const [definition] = document.definitions;
  const definitions: readonly VariableDefinitionNode[] =
    definition?.kind === Kind.OPERATION_DEFINITION ? (definition.variableDefinitions ?? []) : [];
  const coerced = coerceVariables(schema, definitions, { [arg.name]: value }, 1_000);
  return coerced.ok ? [] : coerced.errors.map(({ message }) => message);
}

const literalOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, each]) => `${name}: ${literalOf(each)}`);
  return `{ ${fields.join(', ')} }`;
};
function byLiteral({ field, operation, arg }: Leaf, value: unknown): readonly string[] {
  const document = parse(`${operation} { ${field}(${arg.name}: ${literalOf(value)}) }`);
  return validate(schema, document, [QuietValuesRule], { maxErrors: 1_000 }).map(({ message }) => message);
}

const WAYS = { byVariable, byLiteral } as const;

describe.each(Object.entries(WAYS))('case 275: every input of the schema, %s', (_way, messagesFor) => {
  it('says of a value of the wrong kind where it stands and what is wanted', () => {
    const leaves = allLeaves();
    expect(leaves.length).toBeGreaterThan(300);
    let tried = 0;
    for (const leaf of leaves) {
      const place = placeOf(leaf.arg.name, leaf.path);
      for (const wrong of wrongFor(leaf.type)) {
        const messages = messagesFor(leaf, valueAt(leaf.path, wrong));
        const mine = messages.filter((message) => message.includes(`"${place}"`) || message.includes(`"${place}[`));
        const about = `${leaf.field} ${place} ${JSON.stringify(wrong).slice(0, 40)}: ${messages.join(' | ')}`;
        expect(mine.length, about).toBeGreaterThan(0);
        expect(
          mine.some((message) => message.includes(`must be ${wantedOf(leaf.type)}`)),
          about,
        ).toBe(true);
        expect(messages.join('\n')).not.toContain(CANARY);
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(1_000);
  });

  it('says of null where it must not stand what is wanted', () => {
    for (const leaf of allLeaves().filter(({ type, path }) => isNonNullType(type) && path.length > 0)) {
      const place = placeOf(leaf.arg.name, leaf.path);
      const messages = messagesFor(leaf, valueAt(leaf.path, null));
      if (getNamedType(leaf.type).name === 'JSON') continue;
      const wanted = `"${place}": must not be null, but ${wantedOf(leaf.type)}`;
      expect(
        messages.some((message) => message.includes(wanted)),
        `${leaf.field} ${messages.join(' | ')}`,
      ).toBe(true);
    }
  });

  it('names a field that is not known, and one that is missing', () => {
    for (const leaf of allLeaves()) {
      const named = getNamedType(leaf.type);
      if (!isInputObjectType(named)) continue;
      const messages = messagesFor(leaf, valueAt(leaf.path, { noSuchField: CANARY }));
      const place = placeOf(leaf.arg.name, leaf.path);
      const unknown = `"${place}.noSuchField": is not a field of ${named.name}`;
      expect(
        messages.some((message) => message.includes(unknown)),
        messages.join(' | '),
      ).toBe(true);
      expect(messages.join('\n')).not.toContain(CANARY);
      const needed = Object.values(named.getFields()).filter(
        (field) => isNonNullType(field.type) && field.defaultValue === undefined,
      );
      for (const field of needed) {
        const missing = `"${place}.${field.name}": is required, and must be `;
        expect(
          messages.some((message) => message.includes(missing)),
          messages.join(' | '),
        ).toBe(true);
      }
    }
  });
});

/** Words that tell nobody what to do. */
const VAGUE = /^(Invalid|holds)|^is not allowed|not allowed$|another form|expected|received|Unrecognized|^is bad/i;
const SAYS = /\b(must|is required|contains|has fields that are not known: |cannot be|is duplicated: )/;

const BAD_TEXTS: readonly unknown[] = [
  '',
  ' ',
  `${CANARY}\0`,
  `${CANARY}<\u2028>`,
  `${CANARY}\ud800`,
  `-${CANARY}`,
  `${CANARY.repeat(300_000 / CANARY.length)}`,
  null,
];
const BAD_NUMBERS: readonly unknown[] = [-1, 0, 2 ** 31 - 1, 2 ** 53 - 1, null];
const BAD_JSON: readonly unknown[] = [
  [CANARY],
  CANARY,
  null,
  2 ** 60,
  { a: '\0' },
  JSON.parse(`{ "__proto__": "${CANARY}" }`),
];

const SAMPLES: Readonly<Record<string, unknown>> = {
  String: 'abc',
  ID: 'abc',
  Int: 1,
  SafeInt: 1,
  Boolean: true,
  Slug: 'abc',
  Base64: 'eA==',
  DateTime: new Date('2030-01-01T00:00:00Z'),
  JSON: {},
};

/** As GraphQL hands it to the rules: what is required is there, and the leaf is at its place. */
function filled(type: GraphQLInputType, path: readonly Step[] | null, leaf: unknown): unknown {
  if (path?.length === 0) return leaf;
  const bare = isNonNullType(type) ? type.ofType : type;
  if (isListType(bare)) {
    return path === null ? [] : [filled(bare.ofType as GraphQLInputType, path.slice(1), leaf)];
  }
  if (isEnumType(bare)) return bare.getValues()[0]?.value;
  if (!isInputObjectType(bare)) return SAMPLES[String(bare)];
  const entries = Object.values(bare.getFields()).flatMap((field): [string, unknown][] => {
    if (field.name === path?.[0]) return [[field.name, filled(field.type, path.slice(1), leaf)]];
    return isNonNullType(field.type) ? [[field.name, filled(field.type, null, leaf)]] : [];
  });
  return Object.fromEntries(entries);
}

describe('case 275: the rules of every mutation', () => {
  const badFor = (type: GraphQLInputType): readonly unknown[] => {
    const named = getNamedType(type);
    if (isInputObjectType(named) || isEnumType(named)) return [null];
    if (named.name === 'JSON') return BAD_JSON;
    return ['Int', 'SafeInt'].includes(named.name) ? BAD_NUMBERS : named.name === 'Boolean' ? [null] : BAD_TEXTS;
  };

  it('say which field breaks which rule in words that help, and repeat no value', () => {
    const mutations = schema.getMutationType()?.getFields() ?? {};
    const told = new Set<string>();
    const poor: string[] = [];
    let found = 0;
    for (const leaf of allLeaves().filter(({ operation }) => operation === 'mutation')) {
      const rules = mutations[leaf.field]?.extensions.rules as
        | { safeParse(input: unknown): { error?: { issues: readonly never[] } } }
        | undefined;
      if (!rules || leaf.path.length === 0) continue;
      for (const bad of badFor(leaf.type)) {
        // GraphQL refuses it before any rule is asked.
        if (bad === null && isNonNullType(leaf.type)) continue;
        const { error } = rules.safeParse(filled(leaf.arg.type, leaf.path, bad));
        const failure = invalidInputFrom(error?.issues ?? []);
        const fields: readonly FieldError[] = failure.details.fields ?? [];
        const path = leaf.path.map(String).join('.');
        const mine = fields.filter((each) => each.path.join('.') === path);
        found += mine.length;
        for (const { message, rule } of mine) {
          const about = `${leaf.field} ${path} ${rule}: ${message}`;
          const saysHow = !(rule === 'max' || rule === 'min') || /\d|one entry|empty|so many/.test(message);
          if (VAGUE.test(message) || !SAYS.test(message) || !saysHow) poor.push(about);
          told.add(message);
        }
        expect(JSON.stringify(failure.details), `${leaf.field} ${path}`).not.toContain(CANARY);
        expect(failure.message).not.toContain(CANARY);
      }
    }
    expect(poor).toEqual([]);
    expect(found).toBeGreaterThan(500);
    expect(told.size).toBeGreaterThan(40);
  });
});

describe('case 275: through the gateway', () => {
  const CREATE = groupOp('createSecretGroup');
  const messageOf = async (over: object): Promise<string> => {
    const { data, errors } = await app.gql(CREATE, { input: aGroupInput(over) });
    const text = JSON.stringify({ data, errors });
    expect(text).not.toContain(CANARY);
    return errors?.[0]?.message ?? data.result.message;
  };

  it.each<[string, object, string]>([
    ['a number', { name: 12 }, '"input.name": must be a string'],
    ['a boolean', { name: true }, '"input.name": must be a string'],
    ['text for a number', { priority: CANARY }, '"input.priority": must be a whole number'],
    [
      'unpadded base64',
      { files: [{ path: '/a', data: 'eA' }] },
      '"input.files[0].data": must be canonical base64 (RFC 4648): padded',
    ],
    ['an unknown value of an enum', { type: CANARY }, '"input.type": must be one of CONFIG, SECRET'],
    ['an unknown field', { colour: CANARY }, '"input.colour": is not a field of CreateSecretGroupInput'],
  ])('%s', async (_what, over, message) => {
    expect(await messageOf(over)).toContain(message);
  });

  it('a date without a time zone', async () => {
    const query = 'mutation ($input: CreateTokenInput!) { createToken(input: $input) { __typename } }';
    const input = { name: 'dated', kind: 'USER', role: 'reader', expiresAt: '2030-01-01T00:00:00' };
    const { errors } = await app.gql(query, { input });
    expect(errors?.[0]?.message).toContain('"input.expiresAt": must be a date and time with a time zone (RFC 3339)');
  });

  it('a character that is not allowed', async () => {
    expect(await messageOf({ name: 'good name', description: `${CANARY}<` })).toBe(
      'description: must be letters, digits, white space and any of . , ? \\ / \' " ( ) [ ] ; ` % ^ & * - _ : !',
    );
  });

  it('a permission that is missing', async () => {
    const { data, errors } = await app.gql(CREATE, { input: aGroupInput({ name: 'Mine' }) }, await app.token('owner'));
    expect(errors ?? data.result.message).toBe('Project default-project not found');
    const developer = await app.token('developer');
    const query = 'mutation ($input: CreateProjectInput!) { createProject(input: $input) { __typename } }';
    const refused = await app.gql(query, { input: { name: 'Mine' } }, developer);
    expect(refused.errors?.[0]?.message).toBe('Your role does not have the permission: WRITE on PROJECT');
  });

  it('an id of nothing is not found without a name', async () => {
    const query =
      'mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { ... on Error { message } } }';
    const { data } = await app.gql(query, { input: { id: CANARY, name: 'New Name' } });
    expect(data.updateProject.message).toBe('Project not found');
  });
});
