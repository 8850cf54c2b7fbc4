import {
  type GraphQLFieldResolver,
  GraphQLString,
  isObjectType,
  parse,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routesOf } from '../../src/app/routes.ts';
import { createSchema } from '../../src/app/schema.ts';
import type { Shown } from '../../src/audit/notes.ts';
import type { Context } from '../../src/graphql/types/context.ts';
import type { StoredGroup } from '../../src/modules/secret-groups/model.ts';
import { formsOf } from '../support/canaries.ts';
import { done, operation } from '../support/makers.ts';
import { MUTATIONS, operationOf } from '../support/mutations.ts';
import { rest } from '../support/rest.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import {
  answered,
  contextOf,
  type Events,
  eventsOf,
  leavesOfMutations,
  shownBy,
  total,
} from '../support/sweep/paths.ts';
import { aWorld, type World } from '../support/sweep/world.ts';

const ROUTES = routesOf();

/**
 * Every field by which a value becomes text for somebody, in an answer or an event. Each of them opens it through
 * `audit/reveal`, which notes it. A certificate is opened as one: what it says is in several fields.
 */
const PATHS = [
  'Addon.params',
  'AddonCredential.value',
  'AddonRevision.params',
  'AppSecretValue.text',
  'AppSecretValueRevision.text',
  'Certificate.issuer',
  'Certificate.name',
  'Certificate.subject',
  'DeployWebhook.url',
  'DockerSecretMount.data',
  'GlobalSecret.values',
  'GlobalSecretFile.data',
  'RenderedAppSecret.serializedValue',
  'ResolvedFile.data',
  'ResolvedMount.data',
  'ResolvedVariable.value',
  'SecretFile.data',
  'Variable.value',
];

/** The fields by which a mutation tells a text once, and whose it is. */
const TOLD_ONCE: Readonly<Record<string, string>> = {
  'CreateTokenPayload.signingSecret': 'token/',
  'CreateTokenPayload.text': 'token/',
  'PutDeployWebhookPayload.secret': 'deployWebhook/',
  'RotateDeployWebhookSecretPayload.secret': 'deployWebhook/',
  'RotateGitHookSecretPayload.hookSecret': 'globalSecret/',
};
/** What else mutations alone answer. The public half of a key that was made is for everybody. */
const NO_VALUES = [
  'GenerateAppSecretValuePayload.entropyBits',
  'GenerateAppSecretValuePayload.fingerprint',
  'GenerateAppSecretValuePayload.publicKey',
  'PreviewSecretGroupImportPayload.unchanged',
  'TestAddonPayload.problem',
  'TestAddonPayload.reachable',
];

const SUBSCRIPTIONS = {
  appSecretsChanged: '(app: "example-app", environment: "dev")',
  changes: '',
  environmentChanged: '(project: "default-project", workload: { kind: SERVICE, id: "svc" })',
  globalSecretChanged: '',
  restartRequested: '(project: "default-project", workload: { kind: SERVICE, id: "svc" })',
};

let app: TestApp;
let world: World;
let events: Events;
let forms: readonly string[];
const contexts: Context[] = [];
const schema = createSchema();
const own = Buffer.from('SecretGroup:default-project/own-secret').toString('base64');

beforeAll(async () => {
  app = await startApp({
    limits: { cost: 1_000_000, depth: 30, aliases: 200, ratePoints: 0 },
    onContext: (context) => void contexts.push(context),
  });
  world = await aWorld(app);
  events = await eventsOf(app, SUBSCRIPTIONS, async () => {
    await world.rewrite();
    await done(app, operation('restartDependents', 'restart { id }'), { source: own });
  });
  forms = [...world.canaries.keys()].flatMap(formsOf);
}, 120_000);
afterAll(() => app.close());

const holdsValue = (text: string): boolean => forms.some((form) => text.includes(form));
const walked = (over = schema) => shownBy(app, over, world, events, holdsValue);

/** A field that tells something past the door, beside one that there is. */
function plant(
  over: typeof schema,
  typeName: string,
  beside: string,
  resolve: GraphQLFieldResolver<never, Context>,
): string {
  const type = over.getType(typeName);
  const model = isObjectType(type) ? type.getFields()[beside] : undefined;
  if (!isObjectType(type) || !model) throw new Error(`no ${typeName}.${beside}`);
  type.getFields().planted = { ...model, name: 'planted', type: GraphQLString, resolve: resolve as never };
  return `${typeName}.planted`;
}

describe('the one door for values', () => {
  it('is the way of every field that shows one, and each of them is known', async () => {
    expect(Object.keys(SUBSCRIPTIONS)).toEqual(Object.keys(schema.getSubscriptionType()?.getFields() ?? {}).sort());
    expect(await walked()).toEqual({ paths: PATHS, unnoted: [] });
  }, 120_000);

  it('a path that is planted beside it is found: in an object, a file, a webhook, a certificate, an event', async () => {
    const over = createSchema();
    const [text = ''] = [...world.canaries].find(([, { where }]) => where === 'group') ?? [];
    const planted = [
      plant(over, 'SecretGroup', 'slug', (stored: StoredGroup) => [...stored.body().variables.values()].join()),
      plant(over, 'SecretFile', 'masked', () => text),
      plant(over, 'DeployWebhook', 'revision', ({ body }: { body: () => { url: string } }) => body().url),
      plant(over, 'Certificate', 'name', () => text),
      plant(over, 'EnvironmentEvent', 'seq', () => text),
      plant(over, 'CommitEvent', 'seq', () => text),
    ];
    const { paths, unnoted } = await walked(over);
    expect(paths.filter((path) => !PATHS.includes(path))).toEqual(planted.sort());
    expect(unnoted.some((query) => query.startsWith('subscription { environmentChanged'))).toBe(true);
    expect(unnoted.some((query) => query.startsWith('query'))).toBe(true);
  }, 120_000);

  it('counts what it shows, by whose it is, and nothing of what is masked', async () => {
    const document = parse(
      '{ project(slug: "default-project") { secretGroups(first: 100) { edges { node { slug type variables { name value masked } } } } } }',
    );
    const { data, shown } = await answered(schema, document, await contextOf(app));
    const groups = (data as never as Answer).project.secretGroups.edges.map(({ node }) => node);
    const expected = new Map(
      groups
        .filter(({ variables }) => variables.length > 0)
        .map(({ slug, variables }) => [`secretGroup/default-project/${slug}`, variables.length] as const),
    );
    expect(new Map(shown)).toEqual(expected);
    const developer = await answered(schema, document, await contextOf(app, await app.token('developer')));
    const open = (developer.data as never as Answer).project.secretGroups.edges.flatMap(({ node }) => node.variables);
    expect(open.some(({ masked }) => masked)).toBe(true);
    expect(total(developer.shown)).toBe(open.filter(({ masked }) => !masked).length);
    expect([...developer.shown.keys()].some(holdsValue)).toBe(false);
  });
});

describe('what a mutation tells once', () => {
  it('is known, beside all else that mutations alone answer', () => {
    expect(leavesOfMutations(schema)).toEqual([...Object.keys(TOLD_ONCE), ...NO_VALUES].sort());
  });

  it('a text that is planted in a payload is found', () => {
    const over = createSchema();
    const planted = plant(over, 'TestAddonPayload', 'reachable', () => 'text');
    const known = [...Object.keys(TOLD_ONCE), ...NO_VALUES];
    expect(leavesOfMutations(over).filter((path) => !known.includes(path))).toEqual([planted]);
  });

  /** Tells each of them, and what was noted of it. */
  const TELLING = Object.keys(TOLD_ONCE).map((path) => {
    const [payload = '', field = ''] = path.split('.');
    return [path, `${payload.charAt(0).toLowerCase()}${payload.slice(1)}`.replace('Payload', ''), field] as const;
  });
  it.each(TELLING)('%s passes the door', async (path, name, field) => {
    const found = MUTATIONS.find((each) => each.name === name);
    const over = field === 'signingSecret' ? { kind: 'GATEWAY', role: 'gateway', signed: true } : {};
    const input = { ...(await found?.prepare(app, 2_000 + TELLING.findIndex(([each]) => each === path))), ...over };
    const { data, errors } = await app.gql(operationOf(name, field), { input });
    expect([typeof data?.result?.[field], errors]).toEqual(['string', undefined]);
    const shown = [...(contexts.at(-1)?.notes.shown ?? [])];
    expect(shown).toEqual([[expect.stringContaining(TOLD_ONCE[path] ?? 'nothing'), 1]]);
  });
});

describe('REST', () => {
  // Each route runs stored documents with the engine and the context of GraphQL, and imports no noun (`import directions`):
  // whatever it shows came out of the fields above and was noted there, so it has no path of its own.
  it('answers with what documents of the schema ask for, and those alone', () => {
    const documents = ROUTES.flatMap(({ document, otherwise }) => [
      document,
      ...(otherwise ? [otherwise.document] : []),
    ]);
    expect(documents.flatMap((document) => validate(schema, parse(document)))).toEqual([]);
    const asked = new Set<string>();
    for (const document of documents) {
      const info = new TypeInfo(schema);
      const Field = (): void => void asked.add(`${info.getParentType()?.name}.${info.getFieldDef()?.name}`);
      visit(parse(document), visitWithTypeInfo(info, { Field }));
    }
    expect(PATHS.filter((path) => asked.has(path))).toEqual(
      expect.arrayContaining(['Variable.value', 'SecretFile.data']),
    );
  });

  it('notes what a route shows on the context of its request', async () => {
    const { status, body } = await rest(app, 'GET', '/projects/default-project/secrets/own-secret');
    expect([status, holdsValue(JSON.stringify(body))]).toEqual([200, true]);
    const shown: Shown | undefined = contexts.at(-1)?.notes.shown;
    expect([...(shown?.keys() ?? [])]).toEqual(['secretGroup/default-project/own-secret']);
  });
});

interface Answer {
  readonly project: {
    readonly secretGroups: {
      readonly edges: readonly {
        readonly node: { readonly slug: string; readonly variables: readonly { readonly masked: boolean }[] };
      }[];
    };
  };
}
